package timelock

// executeForms are the functions that execute an operation, of each kind: one call first,
// then a batch, where there is one.
var executeForms = map[string][]form{
	"access-manager": {{"execute", types("address", "bytes")}},
	"compound":       {{"executeTransaction", transactionForm}},
	"delay":          {{"executeNextTx", types("address", "uint256", "bytes", "uint8")}},
	"oz":             {{"execute", singleForm}, {"executeBatch", batchForm}},
}

// Execution is the calldata that executes an operation of the kind, and the function's
// name; nil where the values are not what it takes.
func (t Timelock) Execution(values ...any) (function string, data []byte) {
	for _, f := range executeForms[t.kind()] {
		if data := f.call(values...); data != nil {
			return f.name, data
		}
	}
	return "", nil
}

// ExecuteFunction is the signature of the function that calldata of Execution is for.
func (t Timelock) ExecuteFunction(data []byte) string {
	for _, f := range executeForms[t.kind()] {
		if len(data) >= 4 && string(data[:4]) == selector(f.signature()) {
			return f.signature()
		}
	}
	return ""
}

package measure

import (
	"fmt"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"github.com/expr-lang/expr/conf"
	"github.com/expr-lang/expr/parser"
)

// parserConfig turns off every builtin of expr: the functions of the language
// are ours, and theirs would parse their arguments as predicates. Those two do so
// though they are turned off, unless they are replaced.
func parserConfig() *conf.Config {
	c := conf.CreateNew()
	c.DisableIfOperator = true
	for _, f := range builtin.Builtins {
		c.Disabled[f.Name] = true
	}
	c.Builtins = conf.FunctionsTable{}
	for _, name := range []string{"sum", "count"} {
		c.Functions[name] = &builtin.Function{Name: name}
	}
	return c
}

// parse reads the source into a tree whose locations are byte offsets of it.
func parse(source string) (ast.Node, error) {
	if strings.TrimSpace(source) == "" {
		return nil, newError(source, 0, "the expression is empty", "write what must hold: vault.totalAssets() >= vault.totalSupply()")
	}
	if len(source) > maxSource {
		return nil, newError(source, 0, fmt.Sprintf("the expression has %d bytes, more than %d", len(source), maxSource), "split it into several invariants")
	}
	marked, err := markNumbers(source)
	if err != nil {
		return nil, err
	}
	tree, err := parser.ParseWithConfig(marked, parserConfig())
	if err != nil {
		return nil, fromParser(source, err)
	}
	return tree.Node, nil
}

// markNumbers rewrites every token that begins with a digit (12, 0.999, 1e18,
// 48h, 99.5%, 0x…) into an identifier of the same length that begins with '_'. The
// lexer of expr would round or refuse them; so the exact text is read back from
// the source later, and every column stays true.
func markNumbers(source string) (string, error) {
	b := []byte(source)
	for i := 0; i < len(b); {
		c := b[i]
		switch {
		case c > 0x7e || c < 0x20 && c != '\n' && c != '\t' && c != '\r':
			return "", newError(source, i, "only plain ASCII can stand here", "retype the character: it may have been pasted from a document")
		case c == '"' || c == '\'':
			end := strings.IndexByte(source[i+1:], c)
			if end < 0 {
				return "", newError(source, i, "the quotation does not end", "close it")
			}
			for k := i + 1; k <= i+end; k++ { // an escape or a foreign letter would move every column after it
				if !word(b[k]) {
					return "", newError(source, k, "quotation marks hold an address or bytes32", "0x and 40 or 64 hexadecimal digits")
				}
			}
			i += end + 2
		case c == '`' || c == '\\' || c == '#':
			return "", newError(source, i, fmt.Sprintf("%q means nothing here", string(c)), "")
		case digit(c):
			end := numberEnd(b, i)
			b[i] = '_'
			for k := i + 1; k < end; k++ {
				if !word(b[k]) {
					b[k] = '_'
				}
			}
			i = end
		case c == '_':
			return "", newError(source, i, "a name may not begin with _", "")
		case word(c):
			for i < len(b) && word(b[i]) {
				i++
			}
		default:
			i++
		}
	}
	return string(b), nil
}

// numberEnd finds where the token that begins with a digit at i ends.
func numberEnd(b []byte, i int) int {
	hex := i+1 < len(b) && b[i] == '0' && (b[i+1] == 'x' || b[i+1] == 'X')
	for j := i; ; j++ {
		switch {
		case j >= len(b):
			return j
		case word(b[j]):
		case hex:
			return j
		case b[j] == '%':
			return j + 1
		case b[j] == '.' && j+1 < len(b) && digit(b[j+1]):
		case (b[j] == '+' || b[j] == '-') && (b[j-1] == 'e' || b[j-1] == 'E') && j+1 < len(b) && digit(b[j+1]):
		default:
			return j
		}
	}
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

func word(c byte) bool {
	return digit(c) || c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// Whole reports, as an *Error, why a text is no expression by itself: what stands inside
// another must be one.
func Whole(source string) error {
	_, err := parse(source)
	return err
}

// Command bulkhead is the incident console. This package is wiring only: one file
// for each command, and the one place that joins ops and ui.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/bulkhead-console/bulkhead/ui/safe"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is the program with its edges given, so that tests can run it too.
func run(args []string, in io.Reader, out, talk io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := rootCommand()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(talk)
	err := root.ExecuteContext(ctx)
	var code exitCode
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &code):
		if code.err != nil {
			_, _ = fmt.Fprintln(talk, safe.Lines("bulkhead: "+code.err.Error()))
		}
		return code.code
	default: // cobra's own: an unknown command or flag
		_, _ = fmt.Fprintln(talk, safe.Lines("bulkhead: "+err.Error()))
		return exitUsage
	}
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "bulkhead",
		Short: "The incident console for upgradeable contracts",
		Long: `bulkhead shows, live, which detector maps to which action, what waits in the
timelock and how the canary stands; it runs the containment that was committed
beforehand, through confirmed keys, and proves that it took effect.

Start with: bulkhead drill

Exit codes: 0 ok, 1 error, 2 usage, 3 invalid configuration, 4 breach found or
not contained, 5 refused by a guard, 6 unknown (blind), 7 transaction failed.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(drillCommand(), consoleCommand(), checkCommand(), watchCommand(), doctorCommand(), packCommand(), runbookCommand(), safeCommand(), timelockCommand(), replayCommand(), rolesCommand(), journalCommand())
	return root
}

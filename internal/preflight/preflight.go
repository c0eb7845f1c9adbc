// Package preflight tries what a server needs, before it serves: certificates, the
// upstream, ports, open files and memory. It tries them with the code that serving uses.
// It sends no request, and its texts have no secret in them. It knows nothing of flags but
// the names that it is given.
package preflight

import (
	"context"
	"fmt"
	"net"
	"strings"
)

// Level says how bad a finding is.
type Level string

// The levels of findings.
const (
	OK      Level = "ok"
	Warning Level = "warning" // the server starts, and may not do what was meant
	Wrong   Level = "wrong"   // the server does not start, or its calls fail
)

// Finding is what came of one thing that was tried.
type Finding struct {
	Level   Level
	Subject string // the name of the setting, if it is about one
	Text    string // what is the case and, unless all is well, what to do
}

// String is the finding as one line. A peer may have a say in its text: a certificate's
// names, for example.
func (f Finding) String() string {
	text := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, f.Text)
	return fmt.Sprintf("%-8s %s: %s", f.Level, f.Subject, text)
}

// Port is an address to listen on, and the name of its setting.
type Port struct{ Setting, Address string }

// Ports tries to listen on all ports at the same time, and closes them again.
func Ports(ctx context.Context, listen func(ctx context.Context, address string) (net.Listener, error), ports ...Port) (found []Finding) {
	for _, port := range ports {
		listener, err := listen(ctx, port.Address)
		if err != nil {
			found = append(found, Finding{Wrong, port.Setting, fmt.Sprintf("%v. End what listens there, or choose another address", err)})
			continue
		}
		defer listener.Close()
		found = append(found, Finding{OK, port.Setting, "can listen on " + listener.Addr().String()})
	}
	return found
}

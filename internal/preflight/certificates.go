package preflight

import (
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/certs"
)

// soon is how many days before it expires a certificate is told of: one that is renewed
// by itself has been by then.
const soon = 14

// Names are the names of the settings of certificate files.
type Names struct{ Cert, Key, CA string }

// Certificates reads the files, as serving does. blame names the setting that an error is
// about.
func Certificates(files certs.Files, names Names, blame func(error) error, now time.Time) (found []Finding) {
	if files == (certs.Files{}) {
		return nil
	}
	watch, err := certs.Open(files, slog.New(slog.DiscardHandler))
	if err != nil {
		return []Finding{{Wrong, "certificates", blame(err).Error()}}
	}
	material := watch.Current()
	if files.Cert != "" {
		leaf := material.Certificates[0].Leaf
		found = append(found, validity(names.Cert, "its certificate chain", leaf.NotBefore, material.Until, now), readers(files.Key, names.Key))
	}
	if files.CA != "" {
		found = append(found, validity(names.CA, "its last certificate", time.Time{}, material.RootsUntil, now))
	}
	return found
}

// validity tells for how long a certificate is of use.
func validity(subject, what string, from, until, now time.Time) Finding {
	days := int(until.Sub(now).Hours() / 24)
	switch {
	case now.Before(from):
		return Finding{Wrong, subject, fmt.Sprintf("%s is not valid before %s, and this machine's clock says %s. Set the clock, or take another certificate", what, stamp(from), stamp(now))}
	case !now.Before(until):
		return Finding{Wrong, subject, fmt.Sprintf("%s expired on %s, and this machine's clock says %s. Renew it", what, stamp(until), stamp(now))}
	case days < soon:
		return Finding{Warning, subject, fmt.Sprintf("%s expires on %s, in %d days. Renew it", what, stamp(until), days)}
	}
	return Finding{OK, subject, fmt.Sprintf("%s is valid for %d days, until %s", what, days, stamp(until))}
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// readers tells who may read a key file.
func readers(file, setting string) Finding {
	const others = 0o006
	info, err := os.Stat(file)
	switch {
	case err != nil:
		return Finding{Wrong, setting, err.Error()}
	case runtime.GOOS == "windows", info.Mode().Perm()&others == 0: // there, the mode says nothing
		return Finding{OK, setting, "fits the certificate"}
	}
	return Finding{Warning, setting, fmt.Sprintf("fits the certificate, but everybody on this machine may read or write %s (%s). Take that away: chmod o-rw",
		file, info.Mode().Perm())}
}

package certs

import (
	"bytes"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/test/certstest"
)

// log keeps what a Watch has logged.
type log struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// take returns the lines since the last call.
func (l *log) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.buf.Reset()
	return strings.FieldsFunc(l.buf.String(), func(c rune) bool { return c == '\n' })
}

// open opens files and looks at them again at every call.
func open(t *testing.T, files Files) (*Watch, *log) {
	t.Helper()
	l := &log{}
	w, err := Open(files, slog.New(slog.NewTextHandler(l, nil)))
	if err != nil {
		t.Fatal(err)
	}
	w.interval = 0
	return w, l
}

// write writes files of a server into a new directory.
func write(t *testing.T, pair certstest.Pair, ca []byte) Files {
	t.Helper()
	dir := t.TempDir()
	files := Files{Cert: filepath.Join(dir, "tls.crt"), Key: filepath.Join(dir, "tls.key")}
	rewrite(t, files, pair)
	if ca != nil {
		files.CA = certstest.Write(t, filepath.Join(dir, "ca.crt"), ca)
	}
	return files
}

func rewrite(t *testing.T, files Files, pair certstest.Pair) {
	t.Helper()
	certstest.Write(t, files.Cert, pair.Cert)
	certstest.Write(t, files.Key, pair.Key)
}

// current is the serial of the certificate that a Watch gives now.
func current(w *Watch) *big.Int {
	return w.Current().Certificates[0].Leaf.SerialNumber
}

// TestRenewal shows that a new pair is in force without a restart, one file
// after the other.
func TestRenewal(t *testing.T) {
	t.Parallel()
	authority := certstest.NewAuthority(t)
	first, second := authority.Issue(t), authority.Issue(t)
	files := write(t, first, nil)
	w, logged := open(t, files)

	before := w.Current()
	if client := w.Client(); w.Current() != before || w.Client() != client {
		t.Error("files that do not change are not the same Material")
	}
	certstest.Write(t, files.Cert, second.Cert)
	if w.Current() != before {
		t.Error("a certificate without its key is in force")
	}
	certstest.Write(t, files.Key, second.Key)
	if got := current(w); got.Cmp(second.Serial) != 0 {
		t.Errorf("certificate %s is in force, want %s", got, second.Serial)
	}
	if got := w.Current().Until; !got.Equal(second.Until) || !before.Until.Equal(first.Until) || w.Failures() != 1 {
		t.Errorf("expires at %s, before at %s, want %s and %s; %d failures, want 1", got, before.Until, second.Until, first.Until, w.Failures())
	}
	lines := logged.take()
	if len(lines) != 2 || !strings.Contains(lines[0], "cannot be used") || !strings.Contains(lines[1], "are in force") {
		t.Errorf("logged %q", lines)
	}
}

// TestChain shows that a chain is of use until the first of its certificates
// expires.
func TestChain(t *testing.T) {
	t.Parallel()
	authority := certstest.NewAuthority(t)
	sooner, later := authority.Issue(t), authority.Issue(t)
	later.Cert = append(later.Cert, sooner.Cert...)
	w, _ := open(t, write(t, later, nil))
	if got := w.Current().Until; !got.Equal(sooner.Until) {
		t.Errorf("of use until %s, want %s", got, sooner.Until)
	}
	if w, _ := open(t, Files{}); !w.Current().Until.IsZero() {
		t.Errorf("no certificate expires at %s", w.Current().Until)
	}
}

// TestInterval shows that the files are not read for each connection.
func TestInterval(t *testing.T) {
	t.Parallel()
	authority := certstest.NewAuthority(t)
	first, second := authority.Issue(t), authority.Issue(t)
	files := write(t, first, nil)
	w, _ := open(t, files)
	w.interval = time.Hour
	rewrite(t, files, second)
	if got := current(w); got.Cmp(first.Serial) != 0 {
		t.Errorf("certificate %s was read before its time", got)
	}
	w.looked = time.Now().Add(-time.Hour)
	if got := current(w); got.Cmp(second.Serial) != 0 {
		t.Errorf("certificate %s was not read when it was time", got)
	}
}

// TestRefused shows that files that cannot be used are named, and that a key is
// not quoted.
func TestRefused(t *testing.T) {
	t.Parallel()
	authority := certstest.NewAuthority(t)
	pair, other := authority.Issue(t), authority.Issue(t)
	good := write(t, pair, authority.PEM)
	dir := t.TempDir()
	file := func(name string, text []byte) string { return certstest.Write(t, filepath.Join(dir, name), text) }
	secret := "-----BEGIN HUSH KEY-----\nc2VjcmV0\n-----END HUSH KEY-----\n"
	for name, c := range map[string]struct {
		files Files
		want  string
	}{
		"no certificate":     {Files{Cert: filepath.Join(dir, "nowhere.crt"), Key: good.Key}, "nowhere.crt"},
		"no key":             {Files{Cert: good.Cert, Key: filepath.Join(dir, "nowhere.key")}, "nowhere.key"},
		"no CA":              {Files{CA: filepath.Join(dir, "nowhere.ca")}, "nowhere.ca"},
		"a directory":        {Files{CA: dir}, dir},
		"empty certificate":  {Files{Cert: file("empty.crt", nil), Key: good.Key}, "empty.crt"},
		"key of another":     {Files{Cert: good.Cert, Key: file("other.key", other.Key)}, "other.key"},
		"key of no kind":     {Files{Cert: good.Cert, Key: file("hush.key", []byte(secret))}, "hush.key"},
		"swapped":            {Files{Cert: good.Key, Key: good.Cert}, good.Key},
		"CA without any":     {Files{CA: file("text.ca", []byte("not PEM"))}, "text.ca"},
		"certificate alone":  {Files{Cert: good.Cert}, "go together"},
		"key alone":          {Files{Key: good.Key}, "go together"},
		"CA that is a key":   {Files{CA: file("key.ca", pair.Key)}, "key.ca"},
		"truncated mid-line": {Files{Cert: file("half.crt", pair.Cert[:len(pair.Cert)/2]), Key: good.Key}, "half.crt"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Open(c.files, slog.New(slog.DiscardHandler))
			if err == nil {
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %q, want %q in one line", err, c.want)
			}
			if quotes(err.Error(), pair.Key) || strings.Contains(err.Error(), "HUSH") {
				t.Errorf("the key is quoted: %q", err)
			}
		})
	}
}

// quotes tells whether a text has a line of a key in it.
func quotes(text string, key []byte) bool {
	for line := range strings.Lines(string(key)) {
		if line = strings.TrimSpace(line); line != "" && strings.Contains(text, line) {
			return true
		}
	}
	return false
}

// TestBroken shows that files that go bad leave the previous ones in force, and
// that the log tells each change once, however often they are looked at.
func TestBroken(t *testing.T) {
	t.Parallel()
	authority := certstest.NewAuthority(t)
	first, second := authority.Issue(t), authority.Issue(t)
	files := write(t, first, authority.PEM)
	w, logged := open(t, files)
	for _, step := range []struct {
		name   string
		change func()
		want   string
		serial *big.Int
	}{
		{"garbage", func() { certstest.Write(t, files.Key, []byte("garbage")) }, "cannot be used", first.Serial},
		{"other garbage", func() { certstest.Write(t, files.Key, second.Key) }, "cannot be used", first.Serial},
		{"gone", func() { remove(t, files.Key) }, "no such file", first.Serial},
		{"gone in another way", func() { mkdir(t, files.Key) }, "is a directory", first.Serial},
		{"more gone", func() { remove(t, files.Key); remove(t, files.Cert) }, "tls.crt", first.Serial},
		{"back as it was", func() { rewrite(t, files, first) }, "are in force", first.Serial},
		{"bad CA", func() { certstest.Write(t, files.CA, []byte("garbage")) }, "ca.crt", first.Serial},
		{"pair while the CA is bad", func() { rewrite(t, files, second) }, "ca.crt", first.Serial},
		{"all good", func() { certstest.Write(t, files.CA, authority.PEM) }, "are in force", second.Serial},
	} {
		step.change()
		for range 3 {
			if got := current(w); got.Cmp(step.serial) != 0 {
				t.Errorf("%s: certificate %s is in force, want %s", step.name, got, step.serial)
			}
		}
		lines := logged.take()
		if len(lines) != 1 || !strings.Contains(lines[0], step.want) {
			t.Errorf("%s: logged %q, want one line with %q", step.name, lines, step.want)
		}
		if text := strings.Join(lines, ""); quotes(text, first.Key) || quotes(text, second.Key) {
			t.Errorf("%s: the key is logged", step.name)
		}
	}
}

func mkdir(t *testing.T, name string) {
	t.Helper()
	if err := os.Mkdir(name, 0o700); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}

// TestSymlinkSwap shows a renewal as Kubernetes does it: the files are links
// through one that is replaced.
func TestSymlinkSwap(t *testing.T) {
	t.Parallel()
	authority := certstest.NewAuthority(t)
	dir := t.TempDir()
	publish := func(version string) certstest.Pair {
		pair := authority.Issue(t)
		if err := os.Mkdir(filepath.Join(dir, version), 0o700); err != nil {
			t.Fatal(err)
		}
		certstest.Write(t, filepath.Join(dir, version, "tls.crt"), pair.Cert)
		certstest.Write(t, filepath.Join(dir, version, "tls.key"), pair.Key)
		link(t, version, filepath.Join(dir, "..data_tmp"))
		if err := os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")); err != nil {
			t.Fatal(err)
		}
		return pair
	}
	publish("..1")
	files := Files{Cert: filepath.Join(dir, "tls.crt"), Key: filepath.Join(dir, "tls.key")}
	link(t, "..data/tls.crt", files.Cert)
	link(t, "..data/tls.key", files.Key)
	w, logged := open(t, files)
	for _, version := range []string{"..2", "..3"} {
		pair := publish(version)
		if got := current(w); got.Cmp(pair.Serial) != 0 {
			t.Errorf("%s: certificate %s is in force, want %s", version, got, pair.Serial)
		}
		if lines := logged.take(); len(lines) != 1 {
			t.Errorf("%s: logged %q", version, lines)
		}
	}
}

func link(t *testing.T, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Fatal(err)
	}
}

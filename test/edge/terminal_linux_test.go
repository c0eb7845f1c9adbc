package edge

import (
	"bufio"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/wingspan-grpc/session-facade/test/httpclient"
)

// terminal opens a terminal: what is written to program is read from person.
func terminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("there are no terminals here: ", err)
	}
	t.Cleanup(func() { _ = person.Close() })
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("there are no terminals here: ", err)
	}
	t.Cleanup(func() { _ = program.Close() })
	return person, program
}

// startAtTerminal starts a server whose stderr is a terminal, and returns what it says
// there until a line is like the last one that is expected.
func startAtTerminal(t *testing.T, last string, args ...string) string {
	t.Helper()
	person, program := terminal(t)
	p := &process{command: exec.Command(server(t), append([]string{
		"--grpc-addr=127.0.0.1:0", "--http-addr=127.0.0.1:0", "--admin-addr=127.0.0.1:0"}, args...)...)}
	p.command.Stderr = program
	p.run(t)
	_ = program.Close()
	hangUp := time.AfterFunc(waitLimit, func() { _ = p.command.Process.Kill() })
	defer hangUp.Stop()
	said := ""
	for lines := bufio.NewScanner(person); !strings.Contains(said, last) && lines.Scan(); {
		said += lines.Text() + "\n"
	}
	return said
}

// TestTerminal_SandboxTellsWhereToGo shows that who starts the sandbox at a terminal
// gets three lines in place of a long one, and that the page is where they say.
func TestTerminal_SandboxTellsWhereToGo(t *testing.T) {
	t.Parallel()
	said := startAtTerminal(t, "admin  ", "--sandbox")
	lines := strings.Split(strings.TrimSpace(said), "\n")
	if strings.Contains(said, `"msg":"serving"`) || len(lines) < 3 {
		t.Fatalf("got %q", said)
	}
	lines = lines[len(lines)-3:]
	for i, like := range []string{
		`^REST   http://127\.0\.0\.1:\d+; try each call at http://127\.0\.0\.1:\d+/docs, codes at /docs/sandbox$`,
		`^gRPC   127\.0\.0\.1:\d+ \(plaintext, with reflection\)$`,
		`^admin  http://127\.0\.0\.1:\d+/readyz, /metrics; `,
	} {
		if line := strings.TrimSpace(lines[i]); !regexp.MustCompile(like).MatchString(line) || len(line) > 100 {
			t.Errorf("got %q, want one like %s", line, like)
		}
	}
	for _, page := range regexp.MustCompile(`http://\S+/(docs|readyz)`).FindAllString(said, -1) {
		response, err := httpclient.Shared.Get(page)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", page, response.Status)
		}
	}
}

// TestTerminal_OthersKeepTheirLog shows that a server that is no sandbox logs the same
// wherever its log goes.
func TestTerminal_OthersKeepTheirLog(t *testing.T) {
	t.Parallel()
	said := startAtTerminal(t, `"msg":"serving"`, "--upstream-url=http://127.0.0.1:1")
	if !strings.Contains(said, `"msg":"serving"`) || strings.Contains(said, "REST   ") {
		t.Errorf("got %q", said)
	}
}

package localhost_test

import (
	"errors"
	"net"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/wingspan-grpc/session-facade/internal/localhost"
)

// listenBoth listens on localhost; the test is skipped where there is no IPv6.
func listenBoth(t *testing.T) (listener net.Listener, port string) {
	t.Helper()
	if probe, err := net.Listen("tcp6", "[::1]:0"); err != nil {
		t.Skip("there is no IPv6 here: ", err)
	} else {
		_ = probe.Close()
	}
	for range 20 { // the port may be another's on ::1
		listener, err := localhost.Listen(t.Context(), "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
		at, ok := listener.Addr().(*net.TCPAddr)
		if !ok {
			t.Fatalf("the address is %v", listener.Addr())
		}
		port := strconv.Itoa(at.Port)
		if conn, err := net.Dial("tcp", net.JoinHostPort("::1", port)); err == nil {
			_ = conn.Close()
			accepted, err := listener.Accept()
			if err != nil {
				t.Fatal(err)
			}
			_ = accepted.Close()
			return listener, port
		}
	}
	t.Fatal("::1 is never listened on")
	return nil, ""
}

func TestListen_TakesBothAddressesOfLocalhost(t *testing.T) {
	t.Parallel()
	listener, port := listenBoth(t)
	for _, host := range []string{"127.0.0.1", "::1"} {
		conn, err := net.Dial("tcp", net.JoinHostPort(host, port))
		if err != nil {
			t.Fatal(err)
		}
		accepted, err := listener.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if got, want := accepted.RemoteAddr().String(), conn.LocalAddr().String(); got != want {
			t.Errorf("%s: accepted %s, want %s", host, got, want)
		}
		_, _ = conn.Close(), accepted.Close()
	}
}

// TestListen_ClosesBothAddresses: nothing is left that listens, and nothing waits.
func TestListen_ClosesBothAddresses(t *testing.T) {
	t.Parallel()
	listener, port := listenBoth(t)
	pending, err := net.Dial("tcp", net.JoinHostPort("::1", port)) // nobody takes it
	if err != nil {
		t.Fatal(err)
	}
	defer pending.Close()
	ended := make(chan error)
	go func() {
		for {
			if _, err := listener.Accept(); err != nil {
				ended <- err
				return
			}
		}
	}()
	if err := listener.Close(); err != nil {
		t.Error(err)
	}
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept: %v", err)
	}
	if err := listener.Close(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("closed again: %v", err)
	}
	for _, host := range []string{"127.0.0.1", "::1"} {
		if conn, err := net.DialTimeout("tcp", net.JoinHostPort(host, port), time.Second); err == nil {
			_ = conn.Close()
			t.Errorf("%s is still open", host)
		}
	}
}

// TestListen_ClosesWhoIsNotAcceptedYet: who has connected and has not been served is not
// left waiting.
func TestListen_ClosesWhoIsNotAcceptedYet(t *testing.T) {
	t.Parallel()
	listener, port := listenBoth(t)
	var waiting []net.Conn
	for _, host := range []string{"127.0.0.1", "::1", "127.0.0.1", "::1"} {
		conn, err := net.Dial("tcp", net.JoinHostPort(host, port))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		waiting = append(waiting, conn)
	}
	if accepted, err := listener.Accept(); err == nil { // now the others are being accepted
		defer accepted.Close()
	}
	_ = listener.Close()
	open := 0
	for _, conn := range waiting {
		_ = conn.SetReadDeadline(time.Now().Add(2 * time.Second))
		if _, err := conn.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) {
			open++
		}
	}
	if open != 1 {
		t.Errorf("%d connections are open, want the one that was accepted", open)
	}
}

// TestListen_LeavesOtherAddressesAlone: only 127.0.0.1 stands for localhost.
func TestListen_LeavesOtherAddressesAlone(t *testing.T) {
	t.Parallel()
	listener, err := localhost.Listen(t.Context(), "127.0.0.2:0")
	if err != nil {
		t.Skip(err)
	}
	defer listener.Close()
	if _, ok := listener.(*net.TCPListener); !ok {
		t.Errorf("127.0.0.2 is a %T", listener)
	}
	if _, err := localhost.Listen(t.Context(), "not an address"); err == nil {
		t.Error("there is no error")
	}
}

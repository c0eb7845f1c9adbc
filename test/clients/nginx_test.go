package clients

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/wingspan-grpc/session-facade/test/certstest"
)

const clientsPage = "../../docs/CLIENTS.md"

// TestNginx calls through nginx as docs/CLIENTS.md has it, in front of a facade in
// plaintext: gRPC by grpc_pass, all else by HTTP/1.1.
func TestNginx(t *testing.T) {
	t.Parallel()
	nginx := tool(t, "/usr/sbin/nginx")
	facade, slow := startHTTPPort(t, false)
	port := startNginx(t, nginx, facade)
	watches := openWatches(t, port)
	if n := callByNode(t, port, slow); n != 7 {
		t.Errorf("%d clients called", n)
	}
	callByCurl(t, tool(t, "curl"), port, slow, "--http1.1")
	callByCurl(t, tool(t, "curl"), port, slow, "--http2")
	callByGRPCurl(t, tool(t, "grpcurl", grpcurlPackage), port, slow)
	callByGo(t, port, slow)
	endWatches(t, facade, watches) // in the meantime they were silent
}

// startNginx starts nginx in front of a facade.
func startNginx(t *testing.T, nginx string, facade httpPort) httpPort {
	t.Helper()
	port := serveNginx(t, nginx, strings.ReplaceAll(snippet(t, clientsPage, "nginx"), "localhost:8080", facade.host()))
	port.facade = facade.facade
	return port
}

// serveNginx starts nginx with what a page has of its http block.
func serveNginx(t *testing.T, nginx, block string) httpPort {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	socket, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	dir, authority := t.TempDir(), certstest.NewAuthority(t)
	pair := authority.Issue(t)
	certstest.Write(t, filepath.Join(dir, "tls.crt"), pair.Cert)
	certstest.Write(t, filepath.Join(dir, "tls.key"), pair.Key)
	config := fmt.Sprintf("daemon off; worker_processes 1; pid nginx.pid; error_log stderr;\nevents {}\nhttp {\naccess_log off; "+
		// What docs/CLIENTS.md does not set is too short for a watch, and for a call.
		"proxy_read_timeout 1s; grpc_read_timeout 1s; client_body_buffer_size 8m; "+
		"client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n%s}\n",
		strings.ReplaceAll(block, "listen 443 ", "listen "+listener.Addr().String()+" "))
	// It takes the socket as a successor of its own would: what calls before it serves waits.
	server := exec.Command(nginx, "-p", dir, "-c", certstest.Write(t, filepath.Join(dir, "nginx.conf"), []byte(config)))
	server.Env, server.ExtraFiles = append(os.Environ(), "NGINX=3;"), []*os.File{socket}
	var complaints bytes.Buffer
	server.Stderr = &complaints
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGTERM)
		_ = server.Wait()
		if t.Failed() {
			t.Logf("%s\n%s", config, complaints.Bytes())
		}
	})
	return httpPort{"https://" + listener.Addr().String(), certstest.Write(t, filepath.Join(dir, "ca.crt"), authority.PEM), nil}
}

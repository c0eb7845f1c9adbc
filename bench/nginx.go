package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// startNginx starts nginx as deploy/affinity/nginx.conf has it, in plaintext and as one
// process, in front of the HTTP ports of facades.
func (b *bench) startNginx(replicas []string) (*child, error) {
	text, err := os.ReadFile(filepath.Join("..", "deploy", "affinity", "nginx.conf"))
	if err != nil {
		return nil, err
	}
	nginx, err := exec.LookPath("/usr/sbin/nginx")
	if err != nil {
		return nil, err
	}
	listener, err := listen()
	if err != nil {
		return nil, err
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil { // nginx opens it itself
		return nil, err
	}
	pairs := []string{"listen 443 ssl http2", "listen " + address + " http2", "ssl_certificate tls.crt;", "", "ssl_certificate_key tls.key;", ""}
	for i, replica := range replicas {
		pairs = append(pairs, fmt.Sprintf("replica-%d:8080", i+1), replica)
	}
	file := filepath.Join(b.dir, "nginx.conf")
	whole := "daemon off; master_process off; pid nginx.pid; error_log stderr;\nevents { worker_connections 4096; }\nhttp {\n" +
		"client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n" +
		strings.NewReplacer(pairs...).Replace(string(text)) + "}\n"
	if err := os.WriteFile(file, []byte(whole), 0o600); err != nil {
		return nil, err
	}
	c := &child{GRPC: address, command: command(b.ctx, b.cores.others, nginx, "-p", b.dir, "-c", file), drained: make(chan struct{})}
	close(c.drained) // it says nothing
	if err := c.command.Start(); err != nil {
		return nil, err
	}
	if err := b.await(address); err != nil {
		c.stop()
		return nil, fmt.Errorf("nginx does not serve: %w", err)
	}
	return c, nil
}

// await waits until somebody listens at an address.
func (b *bench) await(address string) error {
	for tries := 0; ; tries++ {
		conn, err := (&net.Dialer{}).DialContext(b.ctx, "tcp", address)
		if err == nil {
			return conn.Close()
		}
		if tries == 100 {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}

package redis

import (
	"cmp"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Server is a server of Redis or Valkey.
type Server struct {
	addr               string
	username, password string
	database           int
	tls                func() *tls.Config // nil: in the clear
	scripts            *scripts
}

// ParseURL reads where a server is, as redis://user:password@host:port/database, or rediss
// for TLS. config may have the authorities and the certificate for that, and is asked for each
// connection; nil is the system's. No error has the password.
func ParseURL(raw string, config func() *tls.Config) (*Server, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return nil, errors.New("it is no URL") // whose error has all of it
	}
	database := cmp.Or(strings.TrimPrefix(u.Path, "/"), "0")
	s := &Server{addr: net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "6379")), username: u.User.Username(), scripts: theScripts}
	s.password, _ = u.User.Password()
	s.database, err = strconv.Atoi(database)
	switch {
	case u.Scheme != "redis" && u.Scheme != "rediss":
		return nil, errors.New("it must begin with redis:// or rediss://")
	case u.Hostname() == "":
		return nil, errors.New("it names no host")
	case err != nil || s.database < 0 || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("after the host there may only be the number of a database")
	}
	return s, s.secure(u, config)
}

// secure sets what TLS needs to know, or finds that there is none where there should be.
func (r *Server) secure(u *url.URL, config func() *tls.Config) error {
	switch {
	case u.Scheme == "redis" && config != nil:
		return errors.New("certificates are of use with rediss:// only")
	case u.Scheme == "redis" && r.password != "" && !isLoopback(u.Hostname()):
		return errors.New("a password would be sent in the clear: rediss:// is needed, but for this machine itself")
	case u.Scheme == "rediss":
		r.tls = func() *tls.Config { return clientTLS(config, u.Hostname()) }
	}
	return nil
}

// clientTLS is the configuration of a connection with a host.
func clientTLS(config func() *tls.Config, host string) *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if config != nil {
		c = config().Clone()
		c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
	}
	c.ServerName = cmp.Or(c.ServerName, host)
	return c
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// String implements replicas.Server.
func (r *Server) String() string { return r.addr }

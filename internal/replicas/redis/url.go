package redis

import (
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
	tls                *tls.Config // nil: in the clear
	scripts            *scripts
}

// ParseURL reads where a server is, as redis://user:password@host:port/database, or rediss
// for TLS. config may have the authorities and the certificate for that; nil is the system's.
// No error has the password.
func ParseURL(raw string, config *tls.Config) (*Server, error) {
	u, err := url.Parse(strings.TrimSpace(raw))
	if err != nil {
		return nil, errors.New("it is no URL") // whose error has all of it
	}
	port := u.Port()
	if port == "" {
		port = "6379"
	}
	r := &Server{addr: net.JoinHostPort(u.Hostname(), port), username: u.User.Username(), scripts: theScripts}
	r.password, _ = u.User.Password()
	database := strings.TrimPrefix(u.Path, "/")
	if database != "" {
		r.database, err = strconv.Atoi(database)
	}
	secure := u.Scheme == "rediss"
	switch {
	case !secure && u.Scheme != "redis":
		return nil, errors.New("it must begin with redis:// or rediss://")
	case u.Hostname() == "":
		return nil, errors.New("it names no host")
	case err != nil || r.database < 0 || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("after the host there may only be the number of a database")
	case !secure && config != nil:
		return nil, errors.New("certificates are of use with rediss:// only")
	case !secure && r.password != "" && !isLoopback(u.Hostname()):
		return nil, errors.New("a password would be sent in the clear: rediss:// is needed, but for this machine itself")
	case secure && config == nil:
		config = &tls.Config{}
	}
	if secure {
		r.tls = config.Clone()
		r.tls.MinVersion = max(r.tls.MinVersion, tls.VersionTLS12)
		if r.tls.ServerName == "" {
			r.tls.ServerName = u.Hostname()
		}
	}
	return r, nil
}

func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// String implements replicas.Server.
func (r *Server) String() string { return r.addr }

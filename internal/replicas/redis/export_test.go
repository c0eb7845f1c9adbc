package redis

import (
	"strings"
)

// WithClock is a server whose scripts take the time, and the id of its process, from keys
// which are named after a prefix.
func (r *Server) WithClock() *Server {
	begin := strings.Replace(beginLua, "time[1] * 1000000 + time[2]", "tonumber(redis.call('GET', KEYS[1] .. ':now'))", 1)
	begin = strings.Replace(begin, "redis.pcall('INFO', 'server')", "'run_id:' .. redis.call('GET', KEYS[1] .. ':run')", 1)
	c := *r
	c.scripts = newScripts(begin)
	return &c
}

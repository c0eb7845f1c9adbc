// Package replicas lets replicas of the facade act as one: it shares sessions that are
// live, which of them have ended, and the rates of calls, through a server of Redis or
// Valkey. It knows nothing of calls, nor of what a session is.
//
// options.go is what it is told; link.go is what others call; loop.go tells the server what
// has ended here, and learns what has ended elsewhere; pending.go is what is not told yet;
// find.go looks for sessions and keeps them; waits.go is who waits for another replica's
// load; rates.go is this replica's share; server.go is what a server has to do.
package replicas

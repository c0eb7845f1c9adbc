// Package redis lets replicas meet at a server of Redis or Valkey. The library has the
// connection, the scripts do each step at once.
//
// url.go is where the server is, conn.go the connection, scripts.go what is asked and told.
package redis

// Package sessioncache answers checks of sessions from memory. Cache stands between the
// generated client and the upstream: the .proto says by session_rule which RPC is a check
// and which ends sessions; every other call passes as it came.
//
// What it promises: after the response of a call that ended a session, no check through
// this process is answered from before it: not of that session, nor of others that are
// asked for with it as bearer token. Where only the response says whose sessions ended, that
// is so for all who ask for one of them; what one of them asks for as a caller is answered
// for the TTL. A session that ended elsewhere is answered as live for the TTL (give or take
// a tenth) from when it was last asked for, and never beyond its own expiration. What a
// question was once told is never taken back: no older state of a session after a newer
// one. TestCache_IsLinearizable says the same exactly, and tests it.
//
// A call passes the files in this order: cache.go, package identity (whose check it is), ask.go
// (where its answer comes from), wait.go and load.go (one call of the upstream for all who
// ask the same), find.go (or what another replica was told), package history (which sessions
// ended meanwhile), package memory (what is kept), share.go (what others are told), status.go
// (what the caller is told of it). What ends sessions passes end.go; package outcome tells what
// the upstream's errors mean. Which RPC does what is the session_rule's of the .proto; see
// httprule.Sessions.
//
// Replicas that share a store (shared.go) promise the same, each for itself, and that what ends
// through one of them is not answered as live by the others: as soon as they are told, and 5 s
// later whatever becomes of the store. TestReplicas_AreLinearizable says that exactly.
package sessioncache

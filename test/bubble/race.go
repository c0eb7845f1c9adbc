//go:build race

package bubble

// Raced tells whether the race detector is on, which makes everything ten times as slow.
const Raced = true

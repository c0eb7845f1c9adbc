//go:build race

package sessioncache

func init() { raced = true }

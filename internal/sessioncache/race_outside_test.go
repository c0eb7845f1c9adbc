//go:build race

package sessioncache_test

func init() { raced = true }

//go:build race

package upstream

func init() { raced = true }

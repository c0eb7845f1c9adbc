package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/wingspan-grpc/session-facade/tools/judges/internal/judge"
	"github.com/wingspan-grpc/session-facade/tools/judges/internal/testbed"
)

// longest is how long one judge may take.
const longest = 15 * time.Minute

// entry is a judge of the page: a tool, and what it is asked about.
type entry struct {
	name    string
	tools   []testbed.Tool // the first of them judges
	about   string         // what it looks at, for the page
	command string         // by which a person would run it, for the page
	quick   bool
	run     func(context.Context, *testbed.Env, *judge.Verdict) error
}

// result is a verdict beside the table.
type result struct {
	passed, expected int
	wrong            []string
}

// against compares a verdict with what is expected, and with how many checks there have
// been before: a judge that looks at nothing finds nothing.
func against(v *judge.Verdict, table []expectation, before int) result {
	r := result{passed: v.Passed}
	used := make([]bool, len(table))
	for _, name := range slices.Sorted(maps.Keys(v.Failed)) {
		at := slices.IndexFunc(table, func(e expectation) bool { return e.matches(name) })
		if at < 0 {
			r.wrong = append(r.wrong, "UNEXPECTED: "+name+": "+v.Failed[name])
			continue
		}
		r.expected++
		used[at] = true
	}
	for i, e := range table {
		if !used[i] {
			r.wrong = append(r.wrong, "PASSES BY NOW, or is not looked at: "+e.check+"; take it from the table")
		}
	}
	if all := v.Passed + len(v.Failed); all < before {
		r.wrong = append(r.wrong, fmt.Sprintf("ONLY %d CHECKS, WHERE %s HAS %d; if that is meant: -write", all, pagePath, before))
	}
	return r
}

// expectation is a check that fails, and why that is as it should be.
type expectation struct {
	check  string // exactly, or a pattern of path.Match
	reason string
}

func (e expectation) matches(name string) bool {
	// In a pattern, a star is for what has slashes, too.
	flat := strings.NewReplacer("/", "|")
	matched, err := path.Match(flat.Replace(e.check), flat.Replace(name))
	return e.check == name || err == nil && matched
}

// versions are those of a judge's tools.
func (j *entry) versions() string {
	var all []string
	for i, t := range j.tools {
		version := cmp.Or(t.Shown, t.Version)
		if i > 0 {
			version = t.Name + " " + version
		}
		all = append(all, version)
	}
	return strings.Join(all, ", ")
}

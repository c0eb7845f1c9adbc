//go:build unix

package main

import (
	"math"
	"os"
	"strings"
	"testing"
)

func TestTable_TellsWhatIsNotAsWanted(t *testing.T) {
	t.Parallel()
	r := &run{scale: quick}
	r.add("good", 5, 4.99, "ms")
	r.add("just good", 5, 5, "")
	r.add("bad", 5, 5.01, "ms")
	r.add("worse", 0, 1, "")
	r.add("not measured", 5, math.NaN(), "")
	for _, line := range []string{
		"| good | 5 ms | 4.99 ms | yes |", "| just good | 5 | 5 | yes |", "| bad | 5 ms | 5.01 ms | **no** |",
		"| worse | 0 | 1 | **no** |", "| not measured | 5 | NaN | **no** |",
	} {
		if !strings.Contains(r.table(), line) {
			t.Errorf("there is no %s in\n%s", line, r.table())
		}
	}
}

// TestWrite_LeavesThePageAsItIs shows that the page has a place for the table, and that all
// around it stays.
func TestWrite_LeavesThePageAsItIs(t *testing.T) {
	const repository = "../.."
	t.Chdir(repository)
	before, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	r := &run{scale: quick}
	r.add("a figure", 1, 1, "")
	got, err := r.written(string(before))
	if err != nil {
		t.Fatal(err)
	}
	again, err := r.written(got)
	if err != nil || again != got {
		t.Errorf("written twice it is not the same: %v", err)
	}
	begin, _, _ := strings.Cut(string(before), tableBegin)
	if !strings.HasPrefix(got, begin) || strings.Count(got, "| a figure |") != 1 || !strings.HasSuffix(got, string(before)[strings.LastIndex(string(before), tableEnd):]) {
		t.Error("the page is not as it was")
	}
	if _, err := r.written("nothing"); err == nil {
		t.Error("a page without a place for the table is taken")
	}
}

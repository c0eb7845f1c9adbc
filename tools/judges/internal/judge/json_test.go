package judge

import "testing"

// TestJSONCases_AreMany shows that no list has been emptied, and that names tell.
func TestJSONCases_AreMany(t *testing.T) {
	t.Parallel()
	count := map[byte]int{}
	for _, c := range jsonCases() {
		count[c.name[0]]++
	}
	if count['y'] < 30 || count['n'] < 80 || count['i'] < 15 {
		t.Errorf("%v", count)
	}
}

package faults

import (
	"sync"
	"time"
)

// Injector has the faults of a sandbox. Its zero value has none.
type Injector struct {
	mu     sync.Mutex
	set    *Set
	limits Limits
	second int64
	made   map[string]*Limits // the calls of an account in that second
}

// Set replaces all faults by those of a set that was checked; nil is none.
func (i *Injector) Set(set *Set) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.set, i.limits, i.made = set, Limits{}, nil
	switch {
	case set == nil:
	case set.Preset == Vendor:
		i.limits = VendorLimits
	case set.Limits != nil:
		i.limits = *set.Limits
	}
}

// Current is what Set was given.
func (i *Injector) Current() Set {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.set == nil {
		return Set{}
	}
	return *i.set
}

// For counts a call of an operation, and returns its fault; nil if it has none.
func (i *Injector) For(operation string) *Fault {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.set == nil {
		return nil
	}
	f, own := i.set.Operations[operation]
	if !own {
		f = i.set.Operations[All]
	}
	if f == nil || !f.takes() {
		return nil
	}
	return f
}

// Allow counts a call of an account at a time, and says whether it is within the limits.
func (i *Injector) Allow(account string, write bool, now time.Time) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.limits == (Limits{}) {
		return true
	}
	if i.made == nil || i.second != now.Unix() {
		i.second, i.made = now.Unix(), map[string]*Limits{}
	}
	made := i.made[account]
	if made == nil {
		made = &Limits{}
		i.made[account] = made
	}
	count, most := &made.GETsPerSecond, i.limits.GETsPerSecond
	if write {
		count, most = &made.WritesPerSecond, i.limits.WritesPerSecond
	}
	*count++
	return most == 0 || *count <= most
}

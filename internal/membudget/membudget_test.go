package membudget

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestLease_WaitsUntilAnotherIsReleased(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		budget := New(100)
		first, second := budget.Lease(), budget.Lease()
		if err := first.Grow(t.Context(), 80); err != nil {
			t.Fatal(err)
		}
		got := make(chan error)
		go func() { got <- second.Grow(t.Context(), 40) }()
		synctest.Wait()
		select {
		case err := <-got:
			t.Fatalf("did not wait: %v", err)
		default:
		}
		first.Release()
		if err := <-got; err != nil || budget.Used() != 40 {
			t.Errorf("%v, %d bytes used", err, budget.Used())
		}
	})
}

func TestLease_WaitsNoLongerThanTheCall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		budget := New(100)
		holder, waiter := budget.Lease(), budget.Lease()
		if err := holder.Grow(t.Context(), 100); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := waiter.Grow(ctx, 1); !errors.Is(err, ErrExhausted) {
			t.Error(err)
		}
		waiter.Release()
		holder.Release()
		if budget.Used() != 0 {
			t.Errorf("%d bytes used", budget.Used())
		}
	})
}

func TestLease_LetsOneBodyLargerThanTheBudgetPass(t *testing.T) {
	t.Parallel()
	budget := New(100)
	l := budget.Lease()
	for range 2 {
		if err := l.Grow(t.Context(), 1000); err != nil {
			t.Fatal(err)
		}
	}
	if l.Held() != 100 {
		t.Errorf("%d bytes held", l.Held())
	}
	l.Shrink(30)
	if budget.Used() != 70 {
		t.Errorf("%d bytes used", budget.Used())
	}
	l.Release()
	l.Release()
	l.Shrink(5)
	if budget.Used() != 0 || l.Held() != 0 {
		t.Errorf("%d bytes used", budget.Used())
	}
	if err := l.Grow(t.Context(), 1); !errors.Is(err, ErrExhausted) || budget.Used() != 0 {
		t.Errorf("after its release: %v", err)
	}
}

func TestLease_OfNoBudgetNeverWaits(t *testing.T) {
	t.Parallel()
	var l *Lease
	if err := l.Grow(t.Context(), 1<<40); err != nil || l.Held() != 0 {
		t.Error(err)
	}
	l.Shrink(1)
	l.Release()
}

func TestLease_Concurrently(t *testing.T) {
	t.Parallel()
	budget := New(1000)
	var running sync.WaitGroup
	for i := range 200 {
		running.Go(func() {
			l := budget.Lease()
			defer l.Release()
			_ = l.Grow(t.Context(), int64(i))
			if used := budget.Used(); used > budget.Size() {
				t.Errorf("%d bytes used", used)
			}
			l.Shrink(int64(i / 2))
		})
	}
	running.Wait()
	if budget.Used() != 0 {
		t.Errorf("%d bytes used", budget.Used())
	}
}

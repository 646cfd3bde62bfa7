// Package ahead lets a sequence be read in a goroutine of its own, a little
// ahead of whoever uses it, so that the making and the using of its items share
// the machine's cores. It knows nothing of what the items are.
package ahead

import (
	"iter"
	"sync"
)

const (
	batch   = 128 // items handed over at once
	batches = 3   // how many of these there are
)

// Of returns the same sequence, read ahead by a few hundred items while it is
// ranged over. When that ends, for whatever reason, nobody reads any more.
func Of[T any](items iter.Seq[T]) iter.Seq[T] {
	return func(yield func(T) bool) {
		r := &reading[T]{full: make(chan []T, batches), free: make(chan []T, batches), stop: make(chan struct{})}
		for range batches {
			r.free <- nil
		}
		var reader sync.WaitGroup
		reader.Go(func() { r.read(items) })
		defer reader.Wait()
		defer close(r.stop)
		for items := range r.full {
			for _, item := range items {
				if !yield(item) {
					return
				}
			}
			r.free <- items[:0]
		}
	}
}

// reading is one pass over a sequence: its batches go round.
type reading[T any] struct {
	full, free chan []T
	stop       chan struct{}
}

func (r *reading[T]) read(items iter.Seq[T]) {
	defer close(r.full)
	room := <-r.free
	for item := range items {
		if room == nil {
			room = make([]T, 0, batch)
		}
		room = append(room, item)
		if len(room) < batch {
			continue
		}
		r.full <- room
		select {
		case room = <-r.free:
		case <-r.stop:
			return
		}
	}
	r.full <- room
}

// Pairs is Of for a sequence of two values.
func Pairs[K, V any](items iter.Seq2[K, V]) iter.Seq2[K, V] {
	type pair struct {
		key   K
		value V
	}
	return func(yield func(K, V) bool) {
		pairs := func(yield func(pair) bool) {
			for key, value := range items {
				if !yield(pair{key, value}) {
					return
				}
			}
		}
		for p := range Of(pairs) {
			if !yield(p.key, p.value) {
				return
			}
		}
	}
}

package measure

import (
	"container/heap"
	"math/big"
)

// ranking is accounts as a heap, the largest first, so that the largest of very
// many are found without a look at them all.
type ranking struct{ heap accountHeap }

func (r *ranking) enter(a *account)  { heap.Push(&r.heap, a) }
func (r *ranking) settle(a *account) { heap.Fix(&r.heap, a.place) }
func (r *ranking) leave(a *account)  { heap.Remove(&r.heap, a.place) }

// top sums up the n largest. Below each account of a heap stand only smaller ones:
// the next largest is always among the children of those that were taken.
func (r *ranking) top(n int) *big.Int {
	sum := new(big.Int)
	if len(r.heap) == 0 {
		return sum
	}
	next := places{of: r.heap, at: []int{0}}
	for ; n > 0 && len(next.at) > 0; n-- {
		i := heap.Pop(&next).(int)
		sum.Add(sum, &r.heap[i].sum)
		for _, child := range []int{2*i + 1, 2*i + 2} {
			if child < len(r.heap) {
				heap.Push(&next, child)
			}
		}
	}
	return sum
}

// accountHeap is the heap.Interface of accounts, each of which knows its place.
type accountHeap []*account

func (h accountHeap) Len() int           { return len(h) }
func (h accountHeap) Less(i, j int) bool { return h[i].sum.Cmp(&h[j].sum) > 0 }
func (h accountHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

func (h *accountHeap) Push(x any) {
	a := x.(*account)
	a.place = len(*h)
	*h = append(*h, a)
}

func (h *accountHeap) Pop() any {
	n := len(*h) - 1
	a := (*h)[n]
	(*h)[n] = nil
	*h = (*h)[:n]
	return a
}

// places is the heap.Interface of places in a ranking.
type places struct {
	of accountHeap
	at []int
}

func (p places) Len() int           { return len(p.at) }
func (p places) Less(i, j int) bool { return p.of.Less(p.at[i], p.at[j]) }
func (p places) Swap(i, j int)      { p.at[i], p.at[j] = p.at[j], p.at[i] }
func (p *places) Push(x any)        { p.at = append(p.at, x.(int)) }
func (p *places) Pop() any {
	n := len(p.at) - 1
	i := p.at[n]
	p.at = p.at[:n]
	return i
}

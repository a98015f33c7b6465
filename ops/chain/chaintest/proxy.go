package chaintest

import (
	"net"
	"net/url"
	"sync"
	"testing"
)

// Proxy stands before a server's WebSocket and misbehaves on demand.
type Proxy struct {
	WS string

	listener net.Listener
	upstream string
	mu       sync.Mutex
	changed  *sync.Cond
	conns    map[net.Conn]bool
	refuses  bool
	swallows bool
	dialled  int
	served   sync.WaitGroup
}

// Before starts a proxy before a ws:// address that ends with the test.
func Before(t testing.TB, ws string) *Proxy {
	t.Helper()
	u, err := url.Parse(ws)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{listener: listener, upstream: u.Host, conns: map[net.Conn]bool{}, WS: "ws://" + listener.Addr().String()}
	p.changed = sync.NewCond(&p.mu)
	p.served.Go(p.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		p.Cut()
		p.served.Wait()
	})
	return p
}

// Cut resets every connection, as a crashing peer does.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = c.Close()
	}
	clear(p.conns)
}

// Refuse resets new connections at once, until told otherwise.
func (p *Proxy) Refuse(yes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuses = yes
}

// Swallow drops every byte and keeps the connections open: a black hole.
func (p *Proxy) Swallow(yes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.swallows = yes
}

// Lead makes new connections go to another server.
func (p *Proxy) Lead(ws string) {
	u, err := url.Parse(ws)
	if err != nil {
		panic(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.upstream = u.Host
}

// Dialled is how many connections were tried.
func (p *Proxy) Dialled() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dialled
}

// AwaitDials blocks until so many connections were tried in all.
func (p *Proxy) AwaitDials(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.dialled < n {
		p.changed.Wait()
	}
}

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.dialled++
		refused, upstream := p.refuses, p.upstream
		p.conns[c] = true
		p.changed.Broadcast()
		p.mu.Unlock()
		up, err := net.Dial("tcp", upstream)
		if err != nil || refused {
			p.drop(c, up)
			continue
		}
		p.mu.Lock()
		p.conns[up] = true
		p.mu.Unlock()
		p.served.Go(func() { p.pipe(c, up) })
		p.served.Go(func() { p.pipe(up, c) })
	}
}

// pipe carries bytes one way, or swallows them.
func (p *Proxy) pipe(from, to net.Conn) {
	buffer := make([]byte, 1<<15)
	for {
		n, err := from.Read(buffer)
		if err == nil && !p.swallowing() {
			_, err = to.Write(buffer[:n])
		}
		if err != nil {
			p.drop(from, to)
			return
		}
	}
}

func (p *Proxy) swallowing() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.swallows
}

func (p *Proxy) drop(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		if c != nil {
			_ = c.Close()
			delete(p.conns, c)
		}
	}
}

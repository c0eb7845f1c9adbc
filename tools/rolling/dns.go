package main

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// zone is a DNS server that knows the addresses of the replicas. It is late, as caches
// are: it answers what was true a while ago.
type zone struct {
	conn net.PacketConn
	port string // the replicas'
	late time.Duration

	mu      sync.Mutex
	history []truth
}

// truth is what has been true since then.
type truth struct {
	since     time.Time
	addresses []netip.Addr
}

func newZone(ctx context.Context, port string, late time.Duration) (*zone, error) {
	conn, err := (&net.ListenConfig{}).ListenPacket(ctx, "udp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	z := &zone{conn: conn, port: port, late: late}
	go z.serve()
	return z, nil
}

func (z *zone) close() { _ = z.conn.Close() }

// target is what a gRPC client dials to ask this server.
func (z *zone) target() string {
	return "dns://" + z.conn.LocalAddr().String() + "/facade.test:" + z.port
}

// set says which replicas there are now.
func (z *zone) set(replicas []*replica) {
	now := truth{since: time.Now()}
	for _, r := range replicas {
		now.addresses = append(now.addresses, netip.MustParseAddr(r.Host))
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	z.history = append(z.history, now)
}

// known is what the server answers now. What was first true always was.
func (z *zone) known() (addresses []netip.Addr) {
	z.mu.Lock()
	defer z.mu.Unlock()
	for i, was := range z.history {
		if i == 0 || time.Since(was.since) >= z.late {
			addresses = was.addresses
		}
	}
	return addresses
}

// serve answers until it is closed, whatever the name.
func (z *zone) serve() {
	buffer := make([]byte, 4096)
	for {
		n, from, err := z.conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		var message dnsmessage.Message
		if message.Unpack(buffer[:n]) != nil || len(message.Questions) != 1 {
			continue
		}
		if reply, err := z.reply(message.ID, message.Questions[0]); err == nil {
			_, _ = z.conn.WriteTo(reply, from)
		}
	}
}

// reply has the addresses where it is asked for those of IPv4, and nothing otherwise.
func (z *zone) reply(id uint16, question dnsmessage.Question) ([]byte, error) {
	reply := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: id, Response: true, RecursionAvailable: true},
		Questions: []dnsmessage.Question{question},
	}
	if question.Type == dnsmessage.TypeA {
		for _, address := range z.known() {
			reply.Answers = append(reply.Answers, dnsmessage.Resource{
				Header: dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET},
				Body:   &dnsmessage.AResource{A: address.As4()},
			})
		}
	}
	return reply.Pack()
}

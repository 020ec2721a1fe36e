// gVisor's netstack as a peer behind a wire of UDP datagrams, with echo on port 7.   gvisor ADDRESS HERE THERE
// Commands as in ../linux-guest.c.
package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/fdbased"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv4"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/udp"
	"gvisor.dev/gvisor/pkg/waiter"
)

func must(err any) {
	switch e := err.(type) {
	case nil:
	case error:
		panic(e)
	case fmt.Stringer:
		panic(e.String())
	}
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	must(err)
	return n
}

// wire is a UDP socket on the loopback interface: one IP packet a datagram.
func wire(here, there int) int {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	must(err)
	loopback := [4]byte{127, 0, 0, 1}
	must(syscall.Bind(fd, &syscall.SockaddrInet4{Port: here, Addr: loopback}))
	must(syscall.Connect(fd, &syscall.SockaddrInet4{Port: there, Addr: loopback}))
	return fd
}

func start(address string, here, there int) *stack.Stack {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv4.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, udp.NewProtocol},
	})
	link, err := fdbased.New(&fdbased.Options{FDs: []int{wire(here, there)}, MTU: 1500})
	must(err)
	if e := s.CreateNIC(1, link); e != nil {
		panic(e.String())
	}
	own := tcpip.ProtocolAddress{
		Protocol:          ipv4.ProtocolNumber,
		AddressWithPrefix: at(address, 0).Addr.WithPrefix(),
	}
	if e := s.AddProtocolAddress(1, own, stack.AddressProperties{}); e != nil {
		panic(e.String())
	}
	s.SetRouteTable([]tcpip.Route{{Destination: header.IPv4EmptySubnet, NIC: 1}})
	return s
}

func at(address string, port int) tcpip.FullAddress {
	return tcpip.FullAddress{NIC: 1, Addr: tcpip.Address(net.ParseIP(address).To4()), Port: uint16(port)}
}

// port is what one socket gets, which is closed again.
func port(s *stack.Stack, protocol, call string, to tcpip.FullAddress) string {
	var queue waiter.Queue
	transport := tcp.ProtocolNumber
	if protocol == "udp" {
		transport = udp.ProtocolNumber
	}
	endpoint, e := s.NewEndpoint(transport, ipv4.ProtocolNumber, &queue)
	if e != nil {
		return "failed"
	}
	defer endpoint.Close()
	if call == "bind" {
		e = endpoint.Bind(tcpip.FullAddress{})
	} else if e = endpoint.Connect(to); e != nil {
		if _, started := e.(*tcpip.ErrConnectStarted); started {
			e = nil
		}
	}
	if e != nil {
		return "failed"
	}
	me, _ := endpoint.GetLocalAddress()
	return strconv.Itoa(int(me.Port))
}

// fetch sends bytes that count up and reads them back.
func fetch(s *stack.Stack, to tcpip.FullAddress, bytes int) int {
	stream, err := gonet.DialContextTCP(context.Background(), s, to, ipv4.ProtocolNumber)
	must(err)
	defer stream.Close()
	go func() {
		out := make([]byte, bytes)
		for i := range out {
			out[i] = byte(i)
		}
		stream.Write(out)
	}()
	in := make([]byte, bytes)
	got, _ := io.ReadFull(stream, in)
	for i := 0; i < got; i++ {
		if in[i] != byte(i) {
			return i
		}
	}
	return got
}

func echo(s *stack.Stack) {
	datagrams, err := gonet.DialUDP(s, &tcpip.FullAddress{NIC: 1, Port: 7}, nil, ipv4.ProtocolNumber)
	must(err)
	go func() {
		bytes := make([]byte, 65536)
		for {
			if n, from, err := datagrams.ReadFrom(bytes); err == nil {
				datagrams.WriteTo(bytes[:n], from)
			}
		}
	}()
	listener, err := gonet.ListenTCP(s, tcpip.FullAddress{NIC: 1, Port: 7}, ipv4.ProtocolNumber)
	must(err)
	go func() {
		for {
			stream, err := listener.Accept()
			must(err)
			go func() {
				io.Copy(stream, stream)
				stream.Close()
			}()
		}
	}()
}

func main() {
	s := start(os.Args[1], number(os.Args[2]), number(os.Args[3]))
	echo(s)
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var protocol, call, address string
		var count, to int
		if _, err := fmt.Sscanf(lines.Text(), "ports %s %s %d %s %d", &protocol, &call, &count, &address, &to); err == nil {
			fmt.Print("ports:")
			for i := 0; i < count; i++ {
				fmt.Print(" ", port(s, protocol, call, at(address, to)))
			}
			fmt.Println()
		} else if _, err := fmt.Sscanf(lines.Text(), "fetch %s %d %d", &address, &to, &count); err == nil {
			fmt.Println("echoed:", fetch(s, at(address, to), count))
		} else {
			fmt.Println("not understood:", lines.Text())
		}
	}
}

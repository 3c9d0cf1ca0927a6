// A client of Agones' allocation service as Agones' own Go clients are: grpc-go, the same flags and the same TLS. It
// prints one line for each game server that it was given, and ends with 1 when a call failed.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"os"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
)

const (
	allocate       = "/allocation.AllocationService/Allocate"
	namespaceField = 1
	nameField      = 2
)

// message is what travels: bytes of a protocol buffer that was put together by field numbers.
type message struct{ bytes []byte }

// codec says that it is grpc-go's own, so that the content type is that of every client.
type codec struct{}

func (codec) Name() string { return "proto" }

func (codec) Marshal(value any) ([]byte, error) {
	if raw, ok := value.(*message); ok {
		return raw.bytes, nil
	}
	return proto.Marshal(value.(proto.Message))
}

func (codec) Unmarshal(data []byte, value any) error {
	if raw, ok := value.(*message); ok {
		raw.bytes = append([]byte(nil), data...)
		return nil
	}
	return proto.Unmarshal(data, value.(proto.Message))
}

func tlsOf(certFile, keyFile, caFile string) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, err
	}
	ca, err := os.ReadFile(caFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(ca) {
		return nil, errors.New("no certificate in " + caFile)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots}, nil
}

func nameIn(answer []byte) (string, error) {
	for len(answer) > 0 {
		number, kind, length := protowire.ConsumeTag(answer)
		if length < 0 {
			return "", protowire.ParseError(length)
		}
		answer = answer[length:]
		if number == nameField {
			value, size := protowire.ConsumeBytes(answer)
			return string(value), protowire.ParseError(min(size, 0))
		}
		skipped := protowire.ConsumeFieldValue(number, kind, answer)
		if skipped < 0 {
			return "", protowire.ParseError(skipped)
		}
		answer = answer[skipped:]
	}
	return "", errors.New("the answer has no name")
}

func run(target string, config *tls.Config, request []byte, calls int) error {
	connection, err := grpc.NewClient(target,
		grpc.WithTransportCredentials(credentials.NewTLS(config)),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(codec{})))
	if err != nil {
		return err
	}
	defer connection.Close()
	health, err := grpc_health_v1.NewHealthClient(connection).
		Check(context.Background(), &grpc_health_v1.HealthCheckRequest{})
	if err != nil {
		return err
	}
	if health.Status != grpc_health_v1.HealthCheckResponse_SERVING {
		return fmt.Errorf("it is %v", health.Status)
	}
	for range calls {
		var answer message
		err := connection.Invoke(context.Background(), allocate, &message{request}, &answer)
		if err != nil {
			return fmt.Errorf("%d %s", status.Code(err), status.Convert(err).Message())
		}
		name, err := nameIn(answer.bytes)
		if err != nil {
			return err
		}
		fmt.Println(name)
	}
	return nil
}

func main() {
	ip := flag.String("ip", "", "address of the allocation service")
	port := flag.String("port", "443", "its port")
	namespace := flag.String("namespace", "default", "namespace of the game servers")
	key := flag.String("key", "", "file of the client's key")
	cert := flag.String("cert", "", "file of the client's certificate")
	cacert := flag.String("cacert", "", "file of the authority of the server's certificate")
	clients := flag.Int("numberofclients", 1, "connections at once")
	calls := flag.Int("perclientallocations", 1, "allocations of each")
	flag.Parse()
	config, err := tlsOf(*cert, *key, *cacert)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	request := protowire.AppendTag(nil, namespaceField, protowire.BytesType)
	request = protowire.AppendString(request, *namespace)
	failed := false
	var all sync.WaitGroup
	var said sync.Mutex
	for range *clients {
		all.Add(1)
		go func() {
			defer all.Done()
			if err := run(*ip+":"+*port, config, request, *calls); err != nil {
				said.Lock()
				defer said.Unlock()
				fmt.Fprintln(os.Stderr, err)
				failed = true
			}
		}()
	}
	all.Wait()
	if failed {
		os.Exit(1)
	}
}

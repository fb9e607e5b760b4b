// Watches a run to its end. Usage: watch GATEWAY STREAM SUITE RUN
package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	runcastv1 "example.com/you/runcast/v1" // Made from the protos: README.md.
)

//go:embed service_config.json
var config string

func main() {
	connection, err := grpc.Dial(os.Args[1], grpc.WithDefaultServiceConfig(config),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Minute)
	defer cancel()
	run := &runcastv1.RunReference{StreamId: os.Args[2], SuiteName: os.Args[3], RunId: os.Args[4]}
	stream, err := runcastv1.NewRunStatusServiceClient(connection).WatchRun(ctx, &runcastv1.WatchRunRequest{Run: run})
	for message := (*runcastv1.WatchRunResponse)(nil); err == nil; message, err = stream.Recv() {
		if status := message.GetStatus(); status != nil { // Else a heartbeat: the stream lives.
			fmt.Println(status.State, status.GetProgress().GetPercent())
		}
	}
	if !errors.Is(err, io.EOF) { // OK comes after the terminal status, and only then.
		log.Fatal(err)
	}
}

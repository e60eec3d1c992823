// Serves Pulumi's language protocol for Python, Go and Node.js. The name of the program selects the language, for example
// pulumi-language-python. Only for a machine that cannot download the whole Pulumi distribution.
//
// It has what the tests call: it generates SDKs, programs and projects with Pulumi's own code generators, and it runs
// programs. It needs less time to start than environment/pulumi-language-nodejs, but it must be compiled.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	language language
	engine   string // address of the Pulumi engine
}

func main() {
	name := strings.TrimPrefix(filepath.Base(os.Args[0]), "pulumi-language-")
	selected, found := languages[name]
	if !found {
		fmt.Fprintf(os.Stderr, "%s: there is no language %q\n", os.Args[0], name)
		os.Exit(1)
	}
	h := &host{language: selected}
	for _, argument := range os.Args[1:] {
		if !strings.HasPrefix(argument, "-") {
			h.engine = argument
		}
	}
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, h)
			return nil
		},
	})
	if err == nil {
		fmt.Println(handle.Port) // the engine reads the port from the first line
		err = <-handle.Done
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func (h *host) Handshake(_ context.Context, request *pulumirpc.LanguageHandshakeRequest) (*pulumirpc.LanguageHandshakeResponse, error) {
	h.engine = request.EngineAddress
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{}, nil
}

func (h *host) GetRequiredPackages(context.Context, *pulumirpc.GetRequiredPackagesRequest) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

func (h *host) GetRequiredPlugins(context.Context, *pulumirpc.GetRequiredPluginsRequest) (*pulumirpc.GetRequiredPluginsResponse, error) {
	return &pulumirpc.GetRequiredPluginsResponse{}, nil
}

// InstallDependencies installs nothing: a test prepares the dependencies of its program itself.
func (h *host) InstallDependencies(*pulumirpc.InstallDependenciesRequest, pulumirpc.LanguageRuntime_InstallDependenciesServer) error {
	return nil
}

// Link adds nothing to the project: a test adds the generated SDK to its program itself.
func (h *host) Link(_ context.Context, request *pulumirpc.LinkRequest) (*pulumirpc.LinkResponse, error) {
	var lines []string
	for _, dependency := range request.Packages {
		lines = append(lines, fmt.Sprintf("generated %s for %s", dependency.Path, dependency.Package.Name))
	}
	return &pulumirpc.LinkResponse{ImportInstructions: strings.Join(lines, "\n")}, nil
}

func (h *host) Run(_ context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	command, err := h.language.command(request, h.engine)
	if err != nil {
		return &pulumirpc.RunResponse{Error: "Program failed: " + err.Error()}, nil
	}
	config, err := configuration(request)
	if err != nil {
		return nil, err
	}
	command.Dir = request.Info.ProgramDirectory
	command.Env = append(append(os.Environ(), config...), command.Env...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	err = command.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}, nil
	case errors.As(err, &exit) && exit.ExitCode() == h.language.errorShown:
		return &pulumirpc.RunResponse{Bail: true}, nil
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Program failed: %v", err)}, nil
	}
}

// configuration returns the environment variables from which all SDKs of Pulumi read the stack's configuration.
func configuration(request *pulumirpc.RunRequest) ([]string, error) {
	values, secretKeys := request.Config, request.ConfigSecretKeys
	if values == nil {
		values = map[string]string{} // otherwise the JSON would be null
	}
	if secretKeys == nil {
		secretKeys = []string{}
	}
	config, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	keys, err := json.Marshal(secretKeys)
	if err != nil {
		return nil, err
	}
	return []string{"PULUMI_CONFIG=" + string(config), "PULUMI_CONFIG_SECRET_KEYS=" + string(keys)}, nil
}

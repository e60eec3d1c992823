// Serves Pulumi's language protocol for Python, Go and Node.js. The name of the program selects the language, for example
// pulumi-language-python. Only for a machine that cannot download the whole Pulumi distribution.
//
// It has what the tests of the plugin call: it generates SDKs, programs and projects with Pulumi's own code generators, and
// it runs programs in Python and Go. For programs in TypeScript there is environment/pulumi-language-nodejs.
package main

import (
	"context"
	_ "embed"
	"encoding/json"
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

//go:embed run.py
var pythonRunner string

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
	command := h.language.command(request.Info)
	if command == nil {
		return &pulumirpc.RunResponse{Error: "this host runs programs in Python and Go"}, nil
	}
	settings, err := h.settings(request)
	if err != nil {
		return nil, err
	}
	command.Dir = request.Info.ProgramDirectory
	command.Env = append(os.Environ(), settings...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	if err := command.Run(); err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	}
	return &pulumirpc.RunResponse{}, nil
}

// settings returns the environment variables that Pulumi's SDKs read.
func (h *host) settings(request *pulumirpc.RunRequest) ([]string, error) {
	config, err := json.Marshal(request.Config)
	if err != nil {
		return nil, err
	}
	secretKeys, err := json.Marshal(request.ConfigSecretKeys)
	if err != nil {
		return nil, err
	}
	return []string{
		"PULUMI_ORGANIZATION=" + request.Organization,
		"PULUMI_PROJECT=" + request.Project,
		"PULUMI_STACK=" + request.Stack,
		"PULUMI_CONFIG=" + string(config),
		"PULUMI_CONFIG_SECRET_KEYS=" + string(secretKeys),
		fmt.Sprintf("PULUMI_DRY_RUN=%t", request.DryRun),
		fmt.Sprintf("PULUMI_PARALLEL=%d", request.Parallel),
		"PULUMI_MONITOR=" + request.MonitorAddress,
		"PULUMI_ENGINE=" + h.engine,
		"PULUMI_ROOT_DIRECTORY=" + request.Info.RootDirectory,
	}, nil
}

// runPython runs `__main__.py` with the Python of the project's virtual environment.
func runPython(info *pulumirpc.ProgramInfo) *exec.Cmd {
	python := "python3"
	if folder := info.Options.GetFields()["virtualenv"].GetStringValue(); folder != "" {
		if !filepath.IsAbs(folder) {
			folder = filepath.Join(info.RootDirectory, folder)
		}
		python = filepath.Join(folder, "bin", "python")
	}
	return exec.Command(python, "-c", pythonRunner, filepath.Join(info.ProgramDirectory, "__main__.py"))
}

func runGo(*pulumirpc.ProgramInfo) *exec.Cmd { return exec.Command("go", "run", ".") }

package main

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/hashicorp/hcl/v2"
	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/hcl2/syntax"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/pcl"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

const tool = "pulumi-buildx tests" // named in the head of generated files

type files = map[string][]byte

// A language is what differs between the hosts.
type language struct {
	generatePackage func(*schema.Package, schema.ReferenceLoader, *pulumirpc.GeneratePackageRequest) (files, error)
	generateProgram func(*pcl.Program) (files, hcl.Diagnostics, error)
	generateProject func(workspace.Project, *pcl.Program, *pulumirpc.GenerateProjectRequest) error
	command         func(request *pulumirpc.RunRequest, engine string) (*exec.Cmd, error)
	errorShown      int // the exit code of a program that has shown its error, or 0 if the language has no such code
}

var languages = map[string]language{
	"python": {
		generatePackage: func(bound *schema.Package, loader schema.ReferenceLoader, request *pulumirpc.GeneratePackageRequest) (files, error) {
			return python.GeneratePackage(tool, bound, request.ExtraFiles, loader)
		},
		generateProgram: python.GenerateProgram,
		generateProject: func(project workspace.Project, program *pcl.Program, request *pulumirpc.GenerateProjectRequest) error {
			return python.GenerateProject(request.TargetDirectory, project, program, request.LocalDependencies, "", "")
		},
		command: runPython,
	},
	"go": {
		generatePackage: func(bound *schema.Package, _ schema.ReferenceLoader, request *pulumirpc.GeneratePackageRequest) (files, error) {
			return gogen.GeneratePackage(tool, bound, request.LocalDependencies)
		},
		generateProgram: gogen.GenerateProgram,
		generateProject: func(project workspace.Project, program *pcl.Program, request *pulumirpc.GenerateProjectRequest) error {
			return gogen.GenerateProject(request.TargetDirectory, project, program, request.LocalDependencies)
		},
		command: runGo,
	},
	"nodejs": {
		generatePackage: func(bound *schema.Package, loader schema.ReferenceLoader, request *pulumirpc.GeneratePackageRequest) (files, error) {
			return nodejs.GeneratePackage(tool, bound, request.ExtraFiles, request.LocalDependencies, request.Local, loader)
		},
		generateProgram: nodejs.GenerateProgram,
		generateProject: func(project workspace.Project, program *pcl.Program, request *pulumirpc.GenerateProjectRequest) error {
			return nodejs.GenerateProject(request.TargetDirectory, project, program, request.LocalDependencies, false, "nodejs")
		},
		command:    runNode,
		errorShown: 32,
	},
}

func loaderOf(target string) (schema.ReferenceLoader, error) {
	client, err := schema.NewLoaderClient(target)
	if err != nil {
		return nil, err
	}
	return schema.NewCachedLoader(client), nil
}

// options returns the rules that Pulumi applies to a program that it converts.
func options(strict bool) []pcl.BindOption {
	if strict {
		return nil
	}
	return pcl.NonStrictBindOptions()
}

func (h *host) GeneratePackage(_ context.Context, request *pulumirpc.GeneratePackageRequest) (*pulumirpc.GeneratePackageResponse, error) {
	loader, err := loaderOf(request.LoaderTarget)
	if err != nil {
		return nil, err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal([]byte(request.Schema), &spec); err != nil {
		return nil, err
	}
	bound, diagnostics, err := schema.BindSpec(spec, loader, schema.ValidationOptions{AllowDanglingReferences: true})
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GeneratePackageResponse{Diagnostics: plugin.HclDiagnosticsToRPCDiagnostics(diagnostics)}
	if diagnostics.HasErrors() {
		return response, nil
	}
	generated, err := h.language.generatePackage(bound, loader, request)
	if err != nil {
		return nil, err
	}
	for name, content := range generated {
		path := filepath.Join(request.Directory, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return nil, err
		}
	}
	return response, nil
}

func (h *host) GenerateProgram(_ context.Context, request *pulumirpc.GenerateProgramRequest) (*pulumirpc.GenerateProgramResponse, error) {
	loader, err := loaderOf(request.LoaderTarget)
	if err != nil {
		return nil, err
	}
	parser := syntax.NewParser()
	for name, text := range request.Source {
		if err := parser.ParseFile(strings.NewReader(text), name); err != nil {
			return nil, err
		}
	}
	program, diagnostics, err := pcl.BindProgram(parser.Files, loader, options(request.Strict)...)
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GenerateProgramResponse{Diagnostics: plugin.HclDiagnosticsToRPCDiagnostics(diagnostics)}
	if diagnostics.HasErrors() {
		return response, nil
	}
	generated, more, err := h.language.generateProgram(program)
	if err != nil {
		return nil, err
	}
	response.Source = generated
	response.Diagnostics = append(response.Diagnostics, plugin.HclDiagnosticsToRPCDiagnostics(more)...)
	return response, nil
}

func (h *host) GenerateProject(_ context.Context, request *pulumirpc.GenerateProjectRequest) (*pulumirpc.GenerateProjectResponse, error) {
	loader, err := loaderOf(request.LoaderTarget)
	if err != nil {
		return nil, err
	}
	program, diagnostics, err := pcl.BindDirectory(request.SourceDirectory, loader, options(request.Strict)...)
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GenerateProjectResponse{Diagnostics: plugin.HclDiagnosticsToRPCDiagnostics(diagnostics)}
	if diagnostics.HasErrors() {
		return response, nil
	}
	var project workspace.Project
	if err := json.Unmarshal([]byte(request.Project), &project); err != nil {
		return nil, err
	}
	return response, h.language.generateProject(project, program, request)
}

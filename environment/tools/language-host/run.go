package main

import (
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

//go:embed run.py
var pythonRunner string

// runPython runs `__main__.py` with the Python of the project's virtual environment.
func runPython(request *pulumirpc.RunRequest, engine string) (*exec.Cmd, error) {
	info := request.Info
	python := "python3"
	if folder := info.Options.GetFields()["virtualenv"].GetStringValue(); folder != "" {
		if !filepath.IsAbs(folder) {
			folder = filepath.Join(info.RootDirectory, folder)
		}
		python = filepath.Join(folder, "bin", "python")
	}
	command := exec.Command(python, "-c", pythonRunner, filepath.Join(info.ProgramDirectory, "__main__.py"))
	command.Env = settings(request, engine)
	return command, nil
}

func runGo(request *pulumirpc.RunRequest, engine string) (*exec.Cmd, error) {
	command := exec.Command("go", "run", ".")
	command.Env = settings(request, engine)
	return command, nil
}

// settings returns the environment variables that Pulumi's SDKs for Python and Go read.
func settings(request *pulumirpc.RunRequest, engine string) []string {
	return []string{
		"PULUMI_ORGANIZATION=" + request.Organization,
		"PULUMI_PROJECT=" + request.Project,
		"PULUMI_STACK=" + request.Stack,
		fmt.Sprintf("PULUMI_DRY_RUN=%t", request.DryRun),
		fmt.Sprintf("PULUMI_PARALLEL=%d", request.Parallel),
		"PULUMI_MONITOR=" + request.MonitorAddress,
		"PULUMI_ENGINE=" + engine,
		"PULUMI_ROOT_DIRECTORY=" + request.Info.RootDirectory,
	}
}

// runNode runs the program with the runner of the program's own @pulumi/pulumi.
func runNode(request *pulumirpc.RunRequest, engine string) (*exec.Cmd, error) {
	info := request.Info
	runner, err := resolve("@pulumi/pulumi/cmd/run/index.js", info.ProgramDirectory)
	if err != nil {
		return nil, err
	}
	arguments := []string{
		runner,
		"--monitor", request.MonitorAddress,
		"--engine", engine,
		"--organization", request.Organization,
		"--project", request.Project,
		"--root-directory", info.RootDirectory,
		"--stack", request.Stack,
		"--pwd", info.ProgramDirectory,
		"--parallel", strconv.Itoa(int(request.Parallel)),
	}
	if request.DryRun {
		arguments = append(arguments, "--dry-run")
	}
	arguments = append(append(arguments, info.EntryPoint), request.Args...)
	typescript := true
	if option, found := info.Options.GetFields()["typescript"]; found {
		typescript = option.GetBoolValue()
	}
	command := exec.Command("node", arguments...)
	command.Env = []string{fmt.Sprintf("PULUMI_NODEJS_TYPESCRIPT=%t", typescript)}
	return command, nil
}

// resolve finds a file of a package as Node.js does: in node_modules of the folder, or of the nearest folder above it.
func resolve(file, from string) (string, error) {
	folder, err := filepath.EvalSymlinks(from)
	if err != nil {
		return "", err
	}
	for {
		path := filepath.Join(folder, "node_modules", filepath.FromSlash(file))
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", fmt.Errorf("no node_modules of %s has %s. Run: npm install", from, file)
		}
		folder = parent
	}
}

// One program that is kube-apiserver, kube-controller-manager, kube-scheduler, kubelet or kubectl: by its first argument,
// or kubectl if that is its name. One program compiles and links the packages that all of them contain once.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

var parts = map[string]func() *cobra.Command{
	"apiserver":   apiserver.NewAPIServerCommand,
	"controllers": controllers.NewControllerManagerCommand,
	"scheduler":   func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"kubelet":     func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
	"kubectl":     func() *cobra.Command { return kubectl.NewDefaultKubectlCommand() },
}

func main() {
	if filepath.Base(os.Args[0]) != "kubectl" {
		if len(os.Args) < 2 || parts[os.Args[1]] == nil {
			fmt.Fprintln(os.Stderr, "usage: kube apiserver|controllers|scheduler|kubelet|kubectl [flags]")
			os.Exit(2)
		}
		os.Args = os.Args[1:]
	}
	os.Exit(cli.Run(parts[filepath.Base(os.Args[0])]()))
}

package main

import (
	"example.com/pulumi-buildx/sdk/go/buildx"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		// The cache: a volume that stays if the builder is changed, removed or created again.
		state, err := buildx.NewBuildKitState(ctx, "cache", &buildx.BuildKitStateArgs{
			BuilderName: pulumi.String("go"),
		})
		if err != nil {
			return err
		}

		// The builder, which uses that cache. `docker buildx ls` lists it.
		builder, err := buildx.NewBuildxBuilder(ctx, "builder", &buildx.BuildxBuilderArgs{
			State: state,
			DriverOpts: &buildx.DriverOptsArgs{
				Memory: pulumi.String("2g"),
			},
		})
		if err != nil {
			return err
		}

		ctx.Export("name", builder.Name)
		ctx.Export("containerName", builder.ContainerName)
		ctx.Export("platforms", builder.Platforms)
		return nil
	})
}

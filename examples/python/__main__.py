import pulumi
import pulumi_buildx as buildx

# The cache: a volume that stays if the builder is changed, removed or created again.
state = buildx.BuildKitState("cache", builder_name="python")

# The builder, which uses that cache. `docker buildx ls` lists it.
builder = buildx.BuildxBuilder("builder", state=state, driver_opts={"memory": "2g"})

pulumi.export("name", builder.name)
pulumi.export("containerName", builder.container_name)
pulumi.export("platforms", builder.platforms)

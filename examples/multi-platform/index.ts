import * as dockerBuild from "@pulumi/docker-build";
import * as buildx from "pulumi-buildx";

const name = "multi-platform";
const platforms = ["linux/amd64", "linux/arm64"] as const;

// Registers emulators with the kernel of the engine's host, for the platforms that it cannot run natively.
const qemu = new buildx.QemuEmulation("qemu", { platforms: [...platforms] });

// Starts after the emulators are registered. `requirePlatforms` makes a running builder detect them too.
const builder = new buildx.BuildxBuilder("builder", { name, requirePlatforms: [...platforms] }, { dependsOn: [qemu] });

// One image for each platform, because the engine's image store keeps images of a single platform. An image that is
// pushed can have both: see the example push-multi-platform.
for (const platform of platforms) {
    const [, architecture] = platform.split("/");
    new dockerBuild.Image(`app-${architecture}`, {
        ...builder.imageArgs([platform]),
        context: { location: "./app" },
        tags: [`${name}-app:${architecture}`],
        load: true,
        push: false,
    });
}

export const offered = builder.platforms;
export const emulators = qemu.added;

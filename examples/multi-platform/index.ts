import * as buildx from "pulumi-buildx";
import { Image } from "quickstart/image";

const name = "multi-platform";
const platforms = ["linux/amd64", "linux/arm64"] as const;

// Registers emulators with the kernel of the engine's host, for the platforms that it cannot run natively.
const qemu = new buildx.QemuEmulation("qemu", { platforms: [...platforms] });

// Starts after the emulators are registered. `requirePlatforms` makes a running builder detect them too.
const builder = new buildx.BuildxBuilder("builder", { name, requirePlatforms: [...platforms] }, { dependsOn: [qemu] });

// One tag for each platform, because the engine's image store keeps images of a single platform. A pushed image, for
// example of docker-build, can have both: `...builder.imageArgs(platforms)`.
for (const platform of platforms) {
    const [, architecture] = platform.split("/");
    const tag = `${name}-app:${architecture}`;
    new Image(`app-${architecture}`, { ...builder.imageArgs([platform]), context: "app", tag });
}

export const offered = builder.platforms;
export const emulators = qemu.added;

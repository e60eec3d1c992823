import * as buildx from "pulumi-buildx";
import { Image } from "quickstart/image";

const name = "multi-platform";
const platforms = ["linux/amd64", "linux/arm64"] as const;

// Registers an emulator with the kernel of the engine's host for what that cannot run by itself.
const qemu = new buildx.QemuEmulation("qemu", { platforms: [...platforms] });

// Starts after it, and so finds the emulators. Without `requirePlatforms` a builder that runs already would not look.
const builder = new buildx.BuildxBuilder("builder", { name, requirePlatforms: [...platforms] }, { dependsOn: [qemu] });

// One tag for each platform, since the engine's own image store holds images of one. An image that is pushed,
// docker-build's for one, takes both at once: `...builder.imageArgs(platforms)`.
for (const platform of platforms) {
    const [, architecture] = platform.split("/");
    const tag = `${name}-app:${architecture}`;
    new Image(`app-${architecture}`, { ...builder.imageArgs([platform]), context: "app", tag });
}

export const offered = builder.platforms;
export const emulators = qemu.added;

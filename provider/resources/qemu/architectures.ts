/**
 * The architectures that the image supports, each with the name of its emulator in the kernel (tonistiigi/binfmt
 * `cmd/binfmt/config.go`).
 */
import { parsePlatform } from "../../text/platform";

const emulators: Readonly<Record<string, string>> = {
    "386": "qemu-i386",
    amd64: "qemu-x86_64",
    arm: "qemu-arm",
    arm64: "qemu-aarch64",
    loong64: "qemu-loongarch64",
    mips64: "qemu-mips64",
    mips64le: "qemu-mips64el",
    ppc64le: "qemu-ppc64le",
    riscv64: "qemu-riscv64",
    s390x: "qemu-s390x",
};

export const architectures: readonly string[] = Object.keys(emulators);

/** @param architecture one of {@link architectures}. */
export const emulatorOf = (architecture: string): string => emulators[architecture] as string;

/** Returns the architecture of a Linux platform, or `undefined` if the image does not support the platform. */
export function architectureOf(platform: string): string | undefined {
    try {
        const { os, architecture } = parsePlatform(platform);
        return os === "linux" && architectures.includes(architecture) ? architecture : undefined;
    } catch {
        return undefined;
    }
}

/** Returns the architectures of platforms, without duplicates. */
export const architecturesOf = (platforms: readonly string[]): string[] => [
    ...new Set(platforms.flatMap((platform) => architectureOf(platform) ?? [])),
];

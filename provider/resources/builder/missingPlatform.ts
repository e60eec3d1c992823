/** Returns the error message for a builder that does not offer the platforms in `missing`. */
export function missingPlatform(builder: string, missing: readonly string[], offered: readonly string[]): string {
    const architectures = missing.map((platform) => platform.split("/")[1] ?? platform).join(",");
    return (
        `builder "${builder}" does not offer ${missing.join(", ")}, only ${offered.join(", ")}. ` +
        "Add a node of that platform to the builder, or a QemuEmulation that the builder depends on, " +
        "or register an emulator on the engine's host with: " +
        `docker run --privileged --rm tonistiigi/binfmt --install ${architectures}`
    );
}

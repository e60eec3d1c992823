/** Outputs of a `QemuEmulation`. */
export interface EmulationOutputs {
    /** Platforms that the host runs, without or with an emulator: `linux/amd64`, … */
    supported: string[];
    /** Names of all emulators that are registered with the kernel: `qemu-aarch64`, … */
    emulators: string[];
    /** Names of the emulators that the resource registered. */
    added: string[];
}

/** Names of the outputs of a `QemuEmulation`. */
export const outputs: readonly string[] = Object.keys({
    supported: true,
    emulators: true,
    added: true,
} satisfies Record<keyof EmulationOutputs, true>);

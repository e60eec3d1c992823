/** Returns a one-line display: each text replaces the previous one. Shows nothing if standard error is no terminal. */
export function terminalLine(): { show: (text: string) => void; end: () => void } {
    const { stderr } = process;
    const put = (text: string) => stderr.write(`\r${text.slice(0, (stderr.columns || 80) - 1)}\x1b[K`);
    return stderr.isTTY ? { show: put, end: () => put("") } : { show: () => {}, end: () => {} };
}

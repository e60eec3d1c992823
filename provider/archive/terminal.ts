/** One line of a terminal, each text in place of the one before; nothing where standard error is no terminal. */
export function terminalLine(): { show: (text: string) => void; end: () => void } {
    const { stderr } = process;
    const put = (text: string) => stderr.write(`\r${text.slice(0, (stderr.columns || 80) - 1)}\x1b[K`);
    return stderr.isTTY ? { show: put, end: () => put("") } : { show: () => {}, end: () => {} };
}

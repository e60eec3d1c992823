import { strict as assert } from "node:assert";
import { setTimeout as sleep } from "node:timers/promises";
import { withLocks } from "../../provider/bridges/locks";

/** Runs pieces of work that are asked for one after the other: in which order they begin, wait and end. */
async function orderOf(...pieces: [name: string, things: string[], work: () => Promise<unknown>][]): Promise<string[]> {
    const order: string[] = [];
    const all = pieces.map(([name, things, work]) =>
        withLocks(
            things,
            () => order.push(`${name} waits`),
            async () => {
                order.push(`${name} begins`);
                await work().finally(() => order.push(`${name} ends`));
            },
        ),
    );
    await Promise.allSettled(all);
    return order;
}

const short = () => sleep(5);
const long = () => sleep(20);

describe("work on the same things", () => {
    it("is done one after the other, in the order in which it was asked for", async () => {
        assert.deepEqual(await orderOf(["a", ["x"], long], ["b", ["x"], short], ["c", ["x"], short]), [
            "a begins",
            "b waits",
            "c waits",
            "a ends",
            "b begins",
            "b ends",
            "c begins",
            "c ends",
        ]);
    });

    it("goes on after work that failed, which tells its own failure", async () => {
        const fails = async () => {
            await short();
            throw new Error("it broke");
        };
        const ends = ["a begins", "b waits", "a ends", "b begins", "b ends"];
        assert.deepEqual(await orderOf(["a", ["x"], fails], ["b", ["x"], short]), ends);
        await assert.rejects(
            withLocks(["x"], () => {}, fails),
            /^Error: it broke$/,
        );
    });

    it("is done at once where it has nothing in common, and never waits for each other", async () => {
        assert.deepEqual(
            await orderOf(["a", ["x"], long], ["b", ["y"], short], ["c", ["x", "y"], short], ["d", ["y", "x"], short]),
            [
                "a begins",
                "b begins",
                "c waits",
                "d waits",
                "b ends",
                "a ends",
                "c begins",
                "c ends",
                "d begins",
                "d ends",
            ],
        );
    });

    it("is not begun once the wait for it has been ended, and those behind it wait for all before", async () => {
        const stopping = new AbortController();
        const order: string[] = [];
        const work = (name: string, milliseconds: number) => async () => {
            order.push(`${name} begins`);
            await sleep(milliseconds);
            order.push(`${name} ends`);
        };
        const first = withLocks(["x"], () => {}, work("a", 30));
        const second = withLocks(["x"], () => {}, work("b", 5), stopping.signal);
        const third = withLocks(["x"], () => {}, work("c", 5));
        stopping.abort(new Error("stopped"));
        await assert.rejects(second, /^Error: stopped$/);
        assert.deepEqual(order, ["a begins"]);
        await Promise.all([first, third]);
        assert.deepEqual(order, ["a begins", "a ends", "c begins", "c ends"]);
    });
});

// Which overload, and which values, a job's parameters mean.

/** Gives values by upper-case name; `params` as a job shows them: a list, or an object. */
export function valuesByName(params) {
  const pairs = Array.isArray(params)
    ? params
        .filter((one) => (one.direction ?? "IN") !== "OUT")
        .map((one) => [one.name, one.value ?? null])
    : Object.entries(params ?? {});
  return new Map(pairs.map(([name, value]) => [name.toUpperCase(), value]));
}

/** Gives the parameters that a caller gives values for. */
export function inputsOf(overload) {
  return overload.parameters.filter((one) => one.direction !== "OUT");
}

/** Finds the overload that takes all of these names and lacks none; the first where none does. */
export function overloadFor(overloads, names) {
  const fits = (overload) => {
    const inputs = inputsOf(overload);
    const known = new Set(overload.parameters.map((one) => one.name));
    const given = new Set(names);
    return (
      [...given].every((name) => known.has(name)) &&
      inputs.every((one) => one.has_default || given.has(one.name))
    );
  };
  return Math.max(0, overloads.findIndex(fits));
}

/**
 * Makes the members of `params` for a service that binds them in order and ignores their names.
 *
 * Gives {params, gap}: `gap` the name of what is left out although something comes after it.
 */
export function inOrder(parameters, given) {
  const isNeeded = (one) => one.direction === "OUT" || given.has(one.name);
  const counted = parameters.slice(0, parameters.findLastIndex(isNeeded) + 1);
  const gap = counted.find((one) => !isNeeded(one))?.name ?? null;
  return {
    params: Object.fromEntries(counted.map(({ name }) => [name, given.get(name) ?? null])),
    gap,
  };
}

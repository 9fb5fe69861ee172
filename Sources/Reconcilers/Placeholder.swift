// Reconcilers

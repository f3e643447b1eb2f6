package dev.jangada.kv.store;

class HeapStoreTest extends OrderedStoreContract {

  @Override
  OrderedStore open() {
    return new HeapStore();
  }

  @Override
  OrderedStore afterCrash(OrderedStore store) {
    return ((HeapStore) store).afterCrash();
  }
}

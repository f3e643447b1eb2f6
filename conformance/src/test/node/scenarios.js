'use strict';

// What the etcd3 package of npm finds. Reads lines of the form `SCENARIO PREFIX`, runs one scenario
// after the other with keys below its prefix, and answers each with a line of JSON: the scenario's
// name and, if it failed, why. ETCD_ENDPOINTS has the members, separated by commas.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const readline = require('node:readline');
const etcd3 = require('etcd3');

const hosts = process.env.ETCD_ENDPOINTS.split(',').map((endpoint) => `http://${endpoint}`);
const client = new etcd3.Etcd3({ hosts });
const PATIENCE_MS = 60_000;

/** An emitter's next event of this name, or a failure when it takes too long. */
async function next(emitter, name) {
  return once(emitter, name, { signal: AbortSignal.timeout(PATIENCE_MS) });
}

/** Collects a watcher's events as text, and waits until there are so many. */
function recording(watcher) {
  const seen = [];
  watcher.on('put', (kv) => seen.push(`put ${kv.key}=${kv.value}`));
  watcher.on('delete', (kv) => seen.push(`delete ${kv.key}`));
  return {
    seen,
    async until(count) {
      while (seen.length < count) {
        await next(watcher, 'data');
      }
      return seen;
    },
  };
}

async function revisionAfter(write) {
  return (await write.exec()).header.revision;
}

const scenarios = {
  async putAndGet(keys) {
    assert.equal(await keys.get('a').string(), null);
    await keys.put('a').value('one');
    assert.equal(await keys.get('a').string(), 'one');
    assert.equal(await keys.get('a').exists(), true);
  },

  async valuesAreTextNumbersJsonAndBytes(keys) {
    await keys.put('number').value(42);
    await keys.put('json').value(JSON.stringify({ ü: [1, 2] }));
    await keys.put('bytes').value(Buffer.from([0, 255, 192]));
    assert.equal(await keys.get('number').number(), 42);
    assert.deepEqual(await keys.get('json').json(), { ü: [1, 2] });
    assert.deepEqual(await keys.get('bytes').buffer(), Buffer.from([0, 255, 192]));
  },

  async prefixIsSortedAndLimited(keys) {
    for (const name of ['k1', 'k2', 'k3', 'other']) {
      await keys.put(name).value(name);
    }
    const all = keys.getAll();
    assert.deepEqual(await all.prefix('k').strings(), { k1: 'k1', k2: 'k2', k3: 'k3' });
    const last = keys.getAll().prefix('k').sort('Key', 'Descend').limit(2);
    assert.deepEqual(await last.keys(), ['k3', 'k2']);
    assert.equal(await keys.getAll().prefix('k').count(), 3);
  },

  async rangeEndsBeforeItsEnd(keys) {
    for (const name of ['a', 'b', 'c', 'd']) {
      await keys.put(name).value('1');
    }
    const found = keys.getAll().inRange(keys.range({ start: 'b', end: 'd' }));
    assert.deepEqual(await found.keys(), ['b', 'c']);
  },

  async pastRevisionIsRead(keys) {
    const before = await revisionAfter(keys.put('a').value('old'));
    await keys.put('a').value('new');
    assert.equal(await keys.get('a').revision(before).string(), 'old');
    assert.equal(await keys.get('a').serializable(false).string(), 'new');
  },

  async putAndDeleteAnswerWhatWasThere(keys) {
    await keys.put('a').value('1');
    const replaced = await keys.put('a').value('2').getPrevious();
    assert.equal(replaced.value.toString(), '1');
    const [deleted] = await keys.delete().key('a').getPrevious();
    assert.equal(deleted.value.toString(), '2');
  },

  async touchMakesAVersionAndKeepsTheValue(keys) {
    await keys.put('a').value('1');
    await keys.put('a').touch();
    const { kvs } = await keys.get('a').exec();
    assert.equal(kvs[0].value.toString(), '1');
    assert.equal(kvs[0].version, '2');
  },

  async prefixIsDeleted(keys) {
    for (const name of ['k1', 'k2', 'other']) {
      await keys.put(name).value('1');
    }
    assert.equal((await keys.delete().prefix('k').exec()).deleted, '2');
    assert.deepEqual(await keys.getAll().keys(), ['other']);
    await keys.delete().all();
    assert.deepEqual(await keys.getAll().keys(), []);
  },

  async transactionTakesTheBranchOfItsComparison(keys) {
    await keys.put('a').value('1');
    const swap = () =>
      keys.if('a', 'Value', '==', '1').then(keys.put('a').value('2')).else(keys.get('a')).commit();
    assert.equal((await swap()).succeeded, true);
    const second = await swap();
    assert.equal(second.succeeded, false);
    assert.equal(second.responses[0].response_range.kvs[0].value.toString(), '2');
  },

  async everythingOfAKeyIsCompared(keys) {
    const revision = await revisionAfter(keys.put('a').value('1'));
    const outcome = await keys
      .if('a', 'Version', '==', 1)
      .and('a', 'Create', '==', revision)
      .and('a', 'Mod', '<', Number(revision) + 1)
      .and('a', 'Value', '!=', '2')
      .and('a', 'Lease', '==', 0)
      .then(keys.put('b').value('1'))
      .commit();
    assert.equal(outcome.succeeded, true);
    assert.equal(await keys.get('b').string(), '1');
  },

  async softwareTransactionsThatConflictAreTriedAgain(keys) {
    await keys.put('n').value(0);
    const increment = () =>
      keys.stm({ retries: 50 }).transact(async (tx) => {
        const value = await tx.get('n').number();
        await tx.put('n').value(value + 1);
      });
    await Promise.all(Array.from({ length: 10 }, increment));
    assert.equal(await keys.get('n').number(), 10);
  },

  async leaseKeepsItsKeysUntilItIsRevoked(keys) {
    const lease = keys.lease(600);
    await lease.put('a').value('1');
    assert.equal(await keys.get('a').string(), '1');
    assert.equal((await lease.keepaliveOnce()).TTL, '600');
    await lease.revoke();
    assert.equal(lease.revoked(), true);
    assert.equal(await keys.get('a').string(), null);
  },

  async leaseIsKeptAliveBeyondItsTime(keys) {
    const lease = keys.lease(6);
    await lease.put('a').value('1');
    // A third of its time passes between two of them.
    for (let i = 0; i < 4; i++) {
      await next(lease, 'keepaliveSucceeded');
    }
    assert.equal(await keys.get('a').string(), '1');
    await lease.revoke();
  },

  async leaseThatIsNotKeptAliveEndsAndItsKeysGo(keys) {
    const watcher = await keys.watch().key('a').create();
    const events = recording(watcher);
    const lease = keys.lease(6, { autoKeepAlive: false });
    await lease.put('a').value('1');
    assert.equal((await events.until(2))[1].startsWith('delete'), true);
    lease.release();
    await watcher.cancel();
  },

  async leaseThatIsRevokedElsewhereIsToldToBeLost(keys) {
    const lease = keys.lease(6);
    const lost = next(lease, 'lost');
    const id = await lease.grant();
    await client.leaseClient.leaseRevoke({ ID: id });
    await lost;
    assert.equal(lease.revoked(), true);
  },

  async putWithAnUnknownLeaseIsALeaseError(keys) {
    await assert.rejects(keys.put('a').value('1').lease('30583').exec(), etcd3.EtcdLeaseInvalidError);
  },

  async lockExcludesOthersUntilItIsReleased(keys) {
    const first = await keys.lock('l').ttl(60).acquire();
    await assert.rejects(keys.lock('l').ttl(60).acquire(), etcd3.EtcdLockFailedError);
    await first.release();
    assert.equal(await keys.lock('l').ttl(60).do(() => 'mine'), 'mine');
    assert.equal(await keys.getAll().count(), 0);
  },

  async watcherSeesPutsAndDeletesInOrder(keys) {
    const watcher = await keys.watch().prefix('').create();
    const events = recording(watcher);
    await keys.put('a').value('1');
    await keys.put('b').value('2');
    await keys.delete().key('a');
    assert.deepEqual(await events.until(3), ['put a=1', 'put b=2', 'delete a']);
    await watcher.cancel();
  },

  async watcherStartsInThePast(keys) {
    const start = await revisionAfter(keys.put('a').value('1'));
    await keys.put('a').value('2');
    const watcher = keys.watch().key('a').startRevision(start).watcher();
    const events = recording(watcher);
    await events.until(2);
    await keys.put('a').value('3');
    assert.deepEqual(await events.until(3), ['put a=1', 'put a=2', 'put a=3']);
    await watcher.cancel();
  },

  async watcherIsToldWhatWasThereBefore(keys) {
    await keys.put('a').value('1');
    const watcher = await keys.watch().key('a').withPreviousKV().create();
    const put = next(watcher, 'put');
    await keys.put('a').value('2');
    const [now, before] = await put;
    assert.equal(now.value.toString(), '2');
    assert.equal(before.value.toString(), '1');
    await watcher.cancel();
  },

  async watcherOfDeletionsOnlySeesNoPut(keys) {
    const watcher = await keys.watch().prefix('').only('delete').create();
    const events = recording(watcher);
    await keys.put('a').value('1');
    await keys.delete().key('a');
    assert.deepEqual(await events.until(1), ['delete a']);
    await watcher.cancel();
  },

  async watchersOfOneClientAreIndependent(keys) {
    const one = await keys.watch().key('a').create();
    const other = await keys.watch().key('b').create();
    const events = recording(other);
    await one.cancel();
    await keys.put('a').value('1');
    await keys.put('b').value('2');
    assert.deepEqual(await events.until(1), ['put b=2']);
    await other.cancel();
  },

  async candidatesLeadOneAfterTheOther(keys) {
    const election = keys.election('chief', 10);
    const first = await election.campaign('first').wait();
    assert.equal(await election.leader(), 'first');
    const observer = await election.observe();
    assert.equal(observer.leader(), 'first');
    const second = election.campaign('second');
    await second.getCampaignKey();
    const elected = next(second, 'elected');
    await first.proclaim('first again');
    assert.equal(await election.leader(), 'first again');
    await first.resign();
    await elected;
    assert.equal(await election.leader(), 'second');
    await observer.cancel();
    await second.resign();
  },

  async usersMayWhatTheirRolesAllow(keys, prefix) {
    const role = client.role('node-role');
    const user = client.user('node-user');
    const root = client.user('root');
    await root.create('pw');
    await client.role('root').create();
    await root.addRole('root');
    await role.create();
    await role.grant({ permission: 'Read', range: client.range({ prefix: `${prefix}r` }) });
    await user.create('pw');
    await user.addRole('node-role');
    assert.deepEqual((await user.roles()).map(({ name }) => name), ['node-role']);
    assert.equal((await role.permissions())[0].permission, 'Read');
    await keys.put('r').value('1');
    await client.auth.authEnable();
    const as = (username, password) => new etcd3.Etcd3({ hosts, auth: { username, password } });
    const chief = as('root', 'pw');
    try {
      const reader = as('node-user', 'pw');
      assert.equal(await reader.get(`${prefix}r`).string(), '1');
      await assert.rejects(reader.put(`${prefix}r`).value('2').exec(), etcd3.EtcdPermissionDeniedError);
      await assert.rejects(reader.get(`${prefix}x`).exec(), etcd3.EtcdPermissionDeniedError);
      reader.close();
      const stranger = as('node-user', 'wrong');
      await assert.rejects(stranger.get(`${prefix}r`).exec(), etcd3.EtcdAuthenticationFailedError);
      stranger.close();
    } finally {
      await chief.auth.authDisable();
      chief.close();
      for (const name of ['node-user', 'root']) {
        await client.user(name).delete();
      }
      for (const name of ['node-role', 'root']) {
        await client.role(name).delete();
      }
    }
  },

  async membersStatusAndHashAreAnswered() {
    const { members } = await client.cluster.memberList({});
    assert.equal(members.length, hosts.length);
    const status = await client.maintenance.status();
    assert.match(status.version, /^3\.\d+\.\d+$/);
    assert.ok(members.some((member) => member.ID === status.leader));
    assert.ok((await client.maintenance.hash()).hash > 0);
  },

  async backupIsStreamed(keys) {
    await keys.put('a').value('1');
    const stream = await client.maintenance.snapshot();
    let bytes = 0;
    for await (const part of stream) {
      bytes += part.blob.length;
    }
    assert.ok(bytes > 1000);
  },

  async deadMemberInTheListIsPassedOver(keys, prefix) {
    const some = new etcd3.Etcd3({ hosts: ['http://127.0.0.1:1', ...hosts] });
    for (let i = 0; i < 10; i++) {
      // A write is not repeated by the package when the member it went to is dead.
      await some.put(`${prefix}a`).value(i).exec().catch(() => some.put(`${prefix}a`).value(i).exec());
    }
    assert.equal(await some.get(`${prefix}a`).number(), 9);
    some.close();
  },
};

async function run(name, prefix) {
  const timer = setTimeout(() => {
    console.log(JSON.stringify({ name, failure: 'no end after 120 s' }));
    process.exit(1);
  }, 2 * PATIENCE_MS);
  try {
    await scenarios[name](client.namespace(prefix), prefix);
    return { name };
  } catch (failure) {
    return { name, failure: failure.stack ?? String(failure) };
  } finally {
    clearTimeout(timer);
  }
}

(async () => {
  console.log(JSON.stringify({ scenarios: Object.keys(scenarios) }));
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [name, prefix] = line.split(' ');
    console.log(JSON.stringify(await run(name, prefix)));
  }
  client.close();
  process.exit(0);
})();

//! Planning a thousand scenarios, and judging one exchange with every lint.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use ropcheck::complaint::Source;
use ropcheck::drawn::Drawn;
use ropcheck::judge::judge;
use ropcheck::learn::CAPABILITIES;
use ropcheck::library::Library;
use ropcheck::lint::Tally;
use ropcheck::plan::plan;
use ropcheck::session::{Session, Subject};
use ropcheck::target;
use ropcheck::walk::{Start, walk};
use ropcheck::witness::witness;
use ropcheck_reference_server::Policy;

const CASE: &str = "rfc6749/5.2/wrong-password";

fn planning(criterion: &mut Criterion) {
    let library = Library::load(None).expect("the project's own scenarios can be read");
    let text = include_str!("../src/embedded.yaml").to_owned();
    let source = Source { file: "embedded.yaml".to_owned(), text, private: true };
    let target = target::read(&source, Path::new("."), &|_| None).expect("a target");
    let offers: BTreeSet<_> = CAPABILITIES.into_iter().collect();
    let thousand: Vec<_> = library.scenarios.iter().cycle().take(1000).collect();
    criterion.bench_function("plan/1000_scenarios", |bencher| {
        bencher.iter(|| {
            thousand.iter().filter(|(id, scenario)| plan(id, scenario, &library, &target, &offers).is_ok()).count()
        });
    });
    criterion.bench_function("read/all_scenarios", |bencher| bencher.iter(|| Library::load(None).is_ok()));
}

fn judging(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let library = Arc::new(Library::load(None).expect("the project's own scenarios can be read"));
    let (plan, walked) = runtime.block_on(async {
        let embedded = Subject::Embedded(Box::new(Policy::strict()));
        let session = Session::open(embedded, library, &[CASE.to_owned()], 1).await.expect("the embedded server");
        let (plan, ground) = session.plan(CASE).expect("the case can be planned");
        let mut walked = walk(&plan, &Drawn::none(), Start::Now, &ground).await;
        witness(&plan, &mut walked, session.keys());
        (plan, walked)
    });
    criterion.bench_function("judge/one_exchange_and_its_control", |bencher| {
        bencher.iter(|| {
            let (mut told, mut tally) = (0, Tally::default());
            judge(&plan, &walked, &mut |_| told += 1);
            tally.walked(&plan, &walked);
            (told, tally)
        });
    });
}

criterion_group!(benches, planning, judging);
criterion_main!(benches);

package files
import ("testing";"os";"path/filepath";"time")
func TestZZDemo(t *testing.T){
 dir:=os.Getenv("DEMO"); if dir=="" {t.Skip()}
 for name,f:=range map[string]*fixture{"nightly":nightly(),"plan":plan(),"nothing":nothing(),"crowd":crowd(30000),"ten":crowd(10000)}{
  if name=="ten"||name=="crowd" {f.summary.Timeline=eventful(f.summary.Started,45*time.Minute); f.summary.Upstreams=nightly().summary.Upstreams}
  for _,x:=range []Format{HTML,JSON,Markdown,JUnit,Prometheus}{
   if err:=Write([]Target{{x,filepath.Join(dir,name+"."+string(x))}},f.summary,f.columns,f.each);err!=nil{t.Fatal(err)}
 }}
}
